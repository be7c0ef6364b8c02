"""Cells as rows of a lake table, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.engines.base import Engine
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline.outcomes.cells import Cell, Cells
from impact_pipeline.stats.moments import Moments

_EXACT = pa.decimal128(38, 0)
_KEYS = ("cohort_day", "arm", "segment", "segment_value", "metric")
_SUMS = tuple(f.name for f in fields(Moments) if not f.name.endswith("_scale") and f.name != "n")
_SCALES = tuple(f.name for f in fields(Moments) if f.name.endswith("_scale"))

SCHEMA = pa.schema(
    [
        ("cohort_day", pa.date32()), *((key, pa.string()) for key in _KEYS[1:]),
        ("n", pa.int64()), ("undefined", pa.int64()),
        *((name, _EXACT) for name in _SUMS), *((name, pa.int32()) for name in _SCALES),
    ]
)  # fmt: skip


def as_reader(cells: Iterable[Cell]) -> pa.RecordBatchReader:
    """The cells as rows, ordered by their keys."""
    rows = [_row(cell) for cell in sorted(cells, key=_key)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    return pa.RecordBatchReader.from_batches(SCHEMA, table.to_batches())


def read_cells(table: LakeTable, engine: Engine) -> Cells:
    """The cells that stand published; raises `LakeError` when none do."""
    state = table.state()
    everything = exp.select("*").from_(exp.to_table("cells", quoted=True))
    rows = engine.table(everything, {"cells": table.files()}).to_pylist()
    return Cells(tuple(sorted((_cell(row) for row in rows), key=_key)), int(state.facts["mixed_units"]) if state else 0)


def _key(cell: Cell) -> tuple[str, ...]:
    return (cell.cohort_day.isoformat(), cell.arm, cell.segment, cell.segment_value, cell.metric)


def _row(cell: Cell) -> dict[str, object]:
    keys = {key: getattr(cell, key) for key in _KEYS}
    sums = {name: Decimal(getattr(cell.moments, name)) for name in _SUMS}
    scales = {name: getattr(cell.moments, name) for name in _SCALES}
    return {**keys, "n": cell.moments.n, "undefined": cell.undefined, **sums, **scales}


def _cell(row: dict[str, object]) -> Cell:
    sums = {name: int(str(row[name])) for name in ("n", *_SUMS, *_SCALES)}
    keys = {key: row[key] for key in _KEYS}
    return Cell(**keys, moments=Moments(**sums), undefined=int(str(row["undefined"])))  # type: ignore[arg-type]
