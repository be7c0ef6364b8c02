"""Metric types: one file each, listed in `registry`. A type says what is kept of each unit, and adds up nothing."""
