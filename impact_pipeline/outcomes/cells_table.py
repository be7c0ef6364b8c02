"""Cells as rows of a lake table, and back; column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import numpy as np
import pyarrow as pa
from sqlglot import exp

from impact_pipeline.engines.base import Engine
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline.outcomes.cells import Cell, Cells
from impact_pipeline.stats.moments import Moments

EXACT = pa.decimal128(38, 0)
KEYS = ("cohort_day", "arm", "segment", "segment_value", "metric")
_MOMENTS = tuple(f.name for f in fields(Moments))
_SCALES = tuple(name for name in _MOMENTS if name.endswith("_scale"))
_SUMS = tuple(name for name in _MOMENTS if name not in ("n", *_SCALES))

SCHEMA = pa.schema(
    [
        ("cohort_day", pa.date32()), *((key, pa.string()) for key in KEYS[1:]),
        ("n", pa.int64()), ("undefined", pa.int64()),
        *((name, EXACT) for name in _SUMS), *((name, pa.int32()) for name in _SCALES),
    ]
)  # fmt: skip


def cell_rows(keys: Mapping[str, pa.Array], metric: str, known: Mapping[str, pa.Array | int]) -> pa.Table:
    """Rows of one metric: a column for each key and for each known count, sum or scale; 0 for what is not known."""
    n = len(keys["cohort_day"])
    given: dict[str, pa.Array | int | str] = {**keys, "metric": metric, **known}
    return pa.table([_column(given.get(field.name, 0), field.type, n) for field in SCHEMA], schema=SCHEMA)


def as_reader(tables: Sequence[pa.Table]) -> pa.RecordBatchReader:
    """All rows, ordered by their keys."""
    rows = pa.concat_tables([SCHEMA.empty_table(), *tables]).sort_by([(key, "ascending") for key in KEYS])
    return pa.RecordBatchReader.from_batches(SCHEMA, rows.to_batches())


def read_rows(table: LakeTable, engine: Engine) -> pa.Table:
    """The rows that stand published, ordered by their keys; raises `LakeError` when none do."""
    everything = exp.select(*(exp.column(name, quoted=True) for name in SCHEMA.names))
    found = engine.table(everything.from_(exp.to_table("cells", quoted=True)), {"cells": table.files()})
    return found.cast(SCHEMA).sort_by([(key, "ascending") for key in KEYS])


def read_cells(table: LakeTable, engine: Engine) -> Cells:
    """The cells that stand published; raises `LakeError` when none do."""
    state = table.state()
    return Cells(tuple(_cells(read_rows(table, engine))), int(state.facts["mixed_units"]) if state else 0)


def _cells(rows: pa.Table) -> Iterator[Cell]:
    moments = map(Moments, *(_integers(rows[name]) for name in _MOMENTS))
    return map(Cell, *(rows[key].to_pylist() for key in KEYS), moments, _integers(rows["undefined"]))


def _integers(column: pa.ChunkedArray) -> list[int]:
    """Python integers of a column without nulls; a DECIMAL's 128 bits are read as two halves."""
    if not pa.types.is_decimal(column.type):
        return list(column.to_numpy().tolist())
    whole = column.combine_chunks()
    halves = np.frombuffer(whole.buffers()[1], dtype="<i8").reshape(-1, 2)[whole.offset : whole.offset + len(whole)]
    low, high = halves[:, 0], halves[:, 1]
    if np.array_equal(high, low >> 63):
        return list(low.tolist())
    return [(upper << 64) + lower for upper, lower in zip(high.tolist(), low.view("<u8").tolist(), strict=True)]


def _column(given: pa.Array | int | str, kind: pa.DataType, n: int) -> pa.Array:
    return pa.array(pa.repeat(given, n)).cast(kind) if isinstance(given, int | str) else given.cast(kind)
