"""Statistics in a table's log against those in its files: what guards sums against overflow is read from the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.lake.commits import HeldPartition
from impact_pipeline.lake.tables import LakeTable

Bounds = Mapping[str, tuple[Any, Any]]
"""Column of whole or decimal numbers -> least and largest value."""


def statistics_fault(table: LakeTable, held: HeldPartition) -> str:
    """The first statistic of a partition's files that log and file tell differently; '' where there is none."""
    return next((fault for entry in held.files for fault in _faults(table.path, entry)), "")


def _faults(root: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    path = root / unquote(str(entry["path"]))
    try:
        told = json.loads(entry.get("stats") or "{}", parse_float=Decimal)
        with pq.ParquetFile(path) as opened:
            rows, bounds = opened.metadata.num_rows, dict(_bounds(opened))
    except (pa.ArrowException, OSError, ValueError):
        yield f"{path.name}: its statistics cannot be read; changed after they were written"
        return
    if told.get("numRecords", rows) != rows:
        yield f"{path.name}: the log tells of {told['numRecords']} rows; the file has {rows}"
    for name, (least, largest) in bounds.items():
        in_log = [told.get(kind, {}).get(name) for kind in ("minValues", "maxValues")]
        for logged, found in zip(in_log, (least, largest), strict=True):
            if isinstance(logged, int | Decimal) and Decimal(logged) != Decimal(found):
                yield f"{path.name}: the log says that column {name} reaches {logged}; the file says {found}"


def _bounds(opened: pq.ParquetFile) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for place, field in enumerate(opened.schema_arrow):
        if not (pa.types.is_integer(field.type) or pa.types.is_decimal(field.type)):
            continue
        groups = [opened.metadata.row_group(n).column(place).statistics for n in range(opened.metadata.num_row_groups)]
        if groups and all(found is not None and found.has_min_max for found in groups):
            yield field.name, (min(found.min for found in groups), max(found.max for found in groups))
