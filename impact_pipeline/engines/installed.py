"""Which engine this installation computes with, told without loading it."""

from __future__ import annotations

from importlib.metadata import version


def engine_installed() -> str:
    """Name and version, as results record them: 'duckdb 2.0.0'."""
    return f"duckdb {version('duckdb')}"
