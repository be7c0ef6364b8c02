"""Scaled integers: what fits is exact, what does not is NULL and counted, and neither raises."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from sqlglot import exp

from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.engines.scaled import column, named, scaled, undefined

ENGINE = DuckDBEngine(threads=1)
HALVES = [Decimal("0.005"), Decimal("1.005"), Decimal("-1.005")]


def read(values: pa.Array, scale: int) -> tuple[list[int | None], list[bool]]:
    x = column("x")
    query = exp.select(named(scaled(x, scale), "s"), named(undefined(x, scale), "u")).from_("t")
    rows = ENGINE.table(query, {"t": pa.table({"x": values})}).to_pylist()
    return [row["s"] for row in rows], [row["u"] for row in rows]


@pytest.mark.parametrize(
    ("values", "scale", "expected"),
    [
        (pa.array([Decimal("12.34"), None], pa.decimal128(12, 2)), 2, [1234, None]),
        (pa.array([Decimal("123456789012.123456")], pa.decimal128(18, 6)), 6, [123456789012123456]),
        (pa.array(HALVES, pa.decimal128(9, 3)), 2, [1, 101, -101]),
        (pa.array([7, -3], pa.int64()), 0, [7, -3]),
        (pa.array([0.29, 1e-9], pa.float64()), 2, [29, 0]),
    ],
)
def test_a_value_is_rounded_half_away_from_zero_at_its_scale(
    values: pa.Array, scale: int, expected: list[int | None]
) -> None:
    assert read(values, scale) == (expected, [False] * len(expected))


def test_what_has_no_finite_integer_is_null_and_counted() -> None:
    values = pa.array([float("inf"), float("nan"), 1e300, None, 1.5], pa.float64())
    assert read(values, 2) == ([None, None, None, None, 150], [True, True, True, False, False])
