"""Types that are whole at a scale, and their values in doubles."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.engines.scaled import always_whole, column, named, whole, whole_double

ENGINE = DuckDBEngine(threads=1)


@pytest.mark.parametrize(
    ("kind", "scale", "expected"),
    [
        (pa.decimal128(12, 2), 2, True),
        (pa.decimal128(12, 2), 1, False),
        (pa.decimal128(12, 2), 8, True),
        (pa.decimal128(12, 2), 9, False),
        (pa.decimal128(38, 0), 0, False),
        (pa.int64(), 0, True),
        (pa.int64(), 1, False),
        (pa.int32(), 8, True),
        (pa.int32(), 9, False),
        (pa.uint64(), 0, False),
        (pa.float64(), 2, False),
        (pa.string(), 0, False),
    ],
)
def test_types_that_are_always_whole(kind: pa.DataType, scale: int, expected: bool) -> None:
    assert always_whole(kind, scale) is expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(2**51) + 1, 2**51 - 1), min_size=1), st.integers(0, 6))
def test_whole_numbers_are_the_same_in_doubles_and_in_integers(numbers: list[int], scale: int) -> None:
    values = pa.array([Decimal(number).scaleb(-scale) for number in numbers], pa.decimal128(18, scale))
    value = column("value")
    query = exp.select(named(whole(value, scale), "exact"), named(whole_double(value, scale), "double"))
    found = ENGINE.table(query.from_(exp.to_table("rows", quoted=True)), {"rows": pa.table({"value": values})})
    assert found["exact"].to_pylist() == numbers
    assert found["double"].to_pylist() == numbers
