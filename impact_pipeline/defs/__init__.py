"""Everything that imports Dagster: assets, checks, partitions, metadata, automation.

Refuses what can be tested without it.
"""
