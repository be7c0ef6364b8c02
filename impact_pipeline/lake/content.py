"""What the files of a published partition hold, row by row, held against the fingerprint that its commit recorded."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from impact_pipeline.lake.commits import HeldPartition
from impact_pipeline.lake.fingerprint import Fingerprint, fingerprint_of_files
from impact_pipeline.lake.tables import LakeTable


def fault_of(table: LakeTable, held: HeldPartition, schema: pa.Schema) -> str:
    """What is wrong with a partition's files, in words that name the file; '' where they hold what was recorded."""
    for path, entry in zip(held.paths(table.path), sorted(held.files, key=lambda f: str(f["path"])), strict=True):
        if not path.is_file():
            return f"{_place(path)}: the file is gone"
        if path.stat().st_size != entry.get("size", path.stat().st_size):
            return f"{_place(path)}: the file has {path.stat().st_size} bytes; its commit recorded {entry['size']}"
    try:
        found = content_of(table, held, schema)
    except (duckdb.Error, OSError, ValueError):
        return f"{_places(table, held)}: cannot be read; changed after it was written"
    recorded = (held.state.rows, held.state.fingerprint)
    if (found.rows, found.digest) != recorded:
        return (
            f"{_places(table, held)}: {found.rows} rows of fingerprint {found.digest}; the commit recorded "
            f"{held.state.rows} rows of {held.state.fingerprint}"
        )
    return ""


def content_of(table: LakeTable, held: HeldPartition, schema: pa.Schema) -> Fingerprint:
    """The fingerprint of the rows in a partition's files; `schema` is the table's, partition column included."""
    return fingerprint_of_files([str(path) for path in held.paths(table.path)], schema)


def _places(table: LakeTable, held: HeldPartition) -> str:
    paths = held.paths(table.path)
    return ", ".join(_place(path) for path in paths) or f"{table.path.name} {held.state.partition}"


def _place(path: Path) -> str:
    parts = path.parts
    return "/".join(parts[parts.index("lake") :] if "lake" in parts else parts[-3:])
