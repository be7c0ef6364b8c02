"""Cells as rows of a lake table, and back; column by column.

A row without `bucket` holds the sums over its group of units; rows with one, those of the units (or of their rows)
whose value lies in that bucket, at the scale of y.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.designs import BIN
from impact_pipeline.engines.base import Engine
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline.outcomes.cells import Cells

EXACT = pa.decimal128(38, 0)
EXACT_LIST = pa.list_(pa.field("element", EXACT))
KEYS = ("cohort_day", "arm", "segment", "segment_value", "metric")
BUCKET = "bucket"

SCHEMA = pa.schema(
    [
        ("cohort_day", pa.date32()), *((key, pa.string()) for key in KEYS[1:]), (BUCKET, pa.int64()),
        ("n", pa.int64()), ("undefined", pa.int64()),
        *((name, EXACT) for name in ("y", "yy", "d", "dd", "yd")),
        *((name, EXACT_LIST) for name in ("x", "xx", "xy", "xd")),
        ("y_scale", pa.int32()), ("d_scale", pa.int32()), ("x_scale", pa.list_(pa.field("element", pa.int32()))),
    ]
)  # fmt: skip

Given: TypeAlias = pa.Array | int | Sequence[pa.Array] | Sequence[int]
"""A column: an array or the same number in every row; of lists, one of these for each place in the list."""


def cell_rows(keys: Mapping[str, pa.Array], metric: str, known: Mapping[str, Given]) -> pa.Table:
    """Rows of one metric: a column for each key and for each known bucket, count, sum or scale.

    What is not known is 0, no bucket, or an empty list.
    """
    n = len(keys["cohort_day"])
    given: dict[str, Given | str] = {**keys, "metric": metric, **known}
    return pa.table([_column(given.get(field.name), field, n) for field in SCHEMA], schema=SCHEMA)


def as_reader(tables: Sequence[pa.Table]) -> pa.RecordBatchReader:
    """All rows, ordered by their keys."""
    rows = _ordered(pa.concat_tables([SCHEMA.empty_table(), *tables]))
    return pa.RecordBatchReader.from_batches(SCHEMA, rows.to_batches())


def read_rows(table: LakeTable, engine: Engine, *which: exp.Expr) -> pa.Table:
    """The rows that stand published, ordered by their keys; raises `LakeError` when none do."""
    everything = exp.select(*(exp.column(name, quoted=True) for name in SCHEMA.names))
    query = everything.from_(exp.to_table("cells", quoted=True)).where(*which)
    return _ordered(engine.table(query, {"cells": table.files()}).cast(SCHEMA))


def read_cells(table: LakeTable, engine: Engine) -> Cells:
    """The cells that stand published, those of bins left out; raises `LakeError` when none do."""
    state = table.state()
    rows = read_rows(table, engine, exp.column("segment", quoted=True).neq(BIN))
    return Cells.of_table(rows, int(state.facts["mixed_units"]) if state else 0)


def read_bins(table: LakeTable, engine: Engine) -> Cells:
    """The cells of bins of control's units alone; raises `LakeError` when nothing stands published."""
    return Cells.of_table(read_rows(table, engine, exp.column("segment", quoted=True).eq(BIN)))


def _ordered(rows: pa.Table) -> pa.Table:
    return rows.sort_by([(key, "ascending") for key in (*KEYS, BUCKET)])


def _column(given: Any, field: pa.Field, n: int) -> pa.Array:
    if pa.types.is_list(field.type):
        places = () if given is None else given
        return _lists([_column(place, field.type.value_field, n) for place in places], field.type, n)
    if given is None:
        return pa.nulls(n, field.type) if field.name == BUCKET else _column(0, field, n)
    return pa.repeat(given, n).cast(field.type) if isinstance(given, int | str) else given.cast(field.type)


def _lists(places: Sequence[pa.Array], kind: pa.DataType, n: int) -> pa.Array:
    """Row by row, the entries of all places."""
    size = len(places)
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * size)
    if not size:
        return pa.ListArray.from_arrays(offsets, pa.array([], kind.value_type)).cast(kind)
    row_by_row = np.arange(n * size).reshape(size, n).T.ravel()
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays(places).take(pa.array(row_by_row))).cast(kind)
