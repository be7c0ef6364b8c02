"""What the files of a published partition hold, row by row, held against the fingerprint that its commit recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.lake.commits import HeldPartition
from impact_pipeline.lake.fingerprint import Fingerprint, Fingerprinter
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
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError):
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
    fingerprinter = Fingerprinter(schema)
    for path in held.paths(table.path):
        for _ in fingerprinter.passing(_rows(path, schema, table.partition_column, held.state.partition)):
            pass
    return fingerprinter.result()


def _rows(path: Path, schema: pa.Schema, column: str, partition: str) -> Iterator[pa.RecordBatch]:
    """The file's rows in the table's types, with the value that the partition stands for."""
    with pq.ParquetFile(path) as opened:
        for batch in opened.iter_batches():
            arrays = {name: batch.column(place) for place, name in enumerate(batch.schema.names)}
            if column:
                day = pa.scalar(date.fromisoformat(partition), pa.date32())
                arrays[column] = pa.repeat(day, batch.num_rows)
            columns = [arrays[field.name].cast(field.type) for field in schema]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _places(table: LakeTable, held: HeldPartition) -> str:
    paths = held.paths(table.path)
    return ", ".join(_place(path) for path in paths) or f"{table.path.name} {held.state.partition}"


def _place(path: Path) -> str:
    parts = path.parts
    return "/".join(parts[parts.index("lake") :] if "lake" in parts else parts[-3:])
