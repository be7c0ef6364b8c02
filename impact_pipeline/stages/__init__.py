"""The pipeline's stages as plain functions: read inputs, one core call, store, and say what was made.

Each takes a `Workspace` and returns an `Outcome`; the asset of the same name only turns that into metadata. Refuses
Dagster, statistics and SQL.
"""
