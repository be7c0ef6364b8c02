"""Rows of a sample as a lake table: one for each metric, unit and period."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("sample", pa.int8()), ("metric", pa.string()), ("unit", pa.string()), ("period", pa.date32()),
        ("y", pa.int64()), ("d", pa.int64()), ("y_scale", pa.int32()), ("d_scale", pa.int32()),
        ("undefined", pa.int64()), ("name", pa.string()), ("cluster", pa.string()),
    ]
)  # fmt: skip
"""`period` is the first day of it; of a unit measured in its window, its cohort day.

`y` is null where the unit has no rows of the metric, `undefined` counts rows whose measure has no finite value, `name`
and `cluster` are the unit's, where the plan asks for them.
"""

KEYS = ("sample", "metric", "unit", "period")


def sample_rows(
    place: int, metric: str, columns: Mapping[str, pa.ChunkedArray | None], scales: tuple[int, int]
) -> pa.Table:
    """Rows of one metric; `d` is null for a metric without denominator."""
    rows = len(columns["unit"] or ())
    d = columns.get("d")
    return pa.table(
        {
            "sample": pa.repeat(place, rows).cast(pa.int8()),
            "metric": pa.repeat(metric, rows),
            "unit": columns["unit"], "period": columns["period"], "y": columns["y"],
            "d": pa.nulls(rows, pa.int64()) if d is None else d,
            "y_scale": pa.repeat(scales[0], rows).cast(pa.int32()),
            "d_scale": pa.repeat(scales[1], rows).cast(pa.int32()),
            "undefined": columns["undefined"],
            **{label: _or_nulls(columns.get(label), rows) for label in ("name", "cluster")},
        }
    ).cast(SCHEMA)  # fmt: skip


def _or_nulls(labels: pa.ChunkedArray | None, rows: int) -> pa.ChunkedArray | pa.Array:
    return pa.nulls(rows, pa.string()) if labels is None else labels
