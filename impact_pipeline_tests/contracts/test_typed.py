from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from impact_pipeline.contracts.typed import STAGED, typed_rows
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline_tests.contracts.orders import DAY, column, contract

LARGEST = 2**63 - 1


def typed(type_: str, values: pa.Array) -> list[tuple[Any, bool]]:
    """Each value typed, and whether it could be."""
    staged = pa.table({"xx": values})
    query = typed_rows(contract([column("xx", type_)]), DAY, staged.schema)
    rows = DuckDBEngine(threads=1).table(query, {STAGED: staged}).to_pylist()
    assert {row["day"] for row in rows} == {date(2026, 3, 5)}
    return [(row["xx"], row["xx__typed"]) for row in rows]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("BIGINT", "12", 12),
        ("BIGINT", "-12.000", -12),
        ("BIGINT", str(LARGEST), LARGEST),
        ("INTEGER", "+7", 7),
        ("DOUBLE", "1e-3", 0.001),
        ("DOUBLE", ".5", 0.5),
        ("DECIMAL(10,2)", "12.3", Decimal("12.30")),
        ("DECIMAL(10,2)", "12.34000", Decimal("12.34")),
        ("DECIMAL(10,2)", ".05", Decimal("0.05")),
        ("DECIMAL(10,0)", "12.0", Decimal(12)),
        ("BOOLEAN", "true", True),
        ("BOOLEAN", "F", False),
        ("DATE", "2026-03-05", date(2026, 3, 5)),
        ("TIMESTAMPTZ", "2026-03-05T10:00:00Z", datetime(2026, 3, 5, 10, tzinfo=UTC)),
        ("TIMESTAMPTZ", "2026-03-05 10:00:00.123456789+05:30", datetime(2026, 3, 5, 4, 30, 0, 123456, tzinfo=UTC)),
        ("TIMESTAMPTZ", "2026-03-05 10:00+00", datetime(2026, 3, 5, 10, tzinfo=UTC)),
        ("TIMESTAMPTZ", "2026-03-05 10:00:00 UTC", datetime(2026, 3, 5, 10, tzinfo=UTC)),
        ("VARCHAR", " as it is ", " as it is "),
    ],
)
def test_text_is_typed(type_: str, text: str, value: Any) -> None:
    assert typed(type_, pa.array([text, None])) == [(value, True), (None, True)]


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("BIGINT", "12.7"),
        ("BIGINT", "1_000"),
        ("BIGINT", "1e3"),
        ("BIGINT", " 1"),
        ("BIGINT", ""),
        ("BIGINT", "9223372036854775808"),
        ("INTEGER", "2147483648"),
        ("DOUBLE", "nan"),
        ("DOUBLE", "Infinity"),
        ("DOUBLE", "1e400"),
        ("DOUBLE", "1,5"),
        ("DECIMAL(10,2)", "12.345"),
        ("DECIMAL(10,2)", "123456789.00"),
        ("DECIMAL(10,2)", "."),
        ("BOOLEAN", "yes"),
        ("DATE", "2026-02-30"),
        ("DATE", "2026-3-5"),
        ("DATE", "2026-03-05 10:00:00"),
        ("TIMESTAMPTZ", "2026-03-05T10:00:00"),
        ("TIMESTAMPTZ", "2026-03-05"),
        ("TIMESTAMPTZ", "2026-03-05T24:00:00Z"),
        ("TIMESTAMPTZ", "2026-03-05T10:00:00+99"),
        ("TIMESTAMPTZ", "now"),
    ],
)
def test_text_that_is_not_exactly_a_value_is_a_type_fault(type_: str, text: str) -> None:
    assert typed(type_, pa.array([text])) == [(None, False)]


def test_a_number_is_typed_only_where_it_fits_exactly() -> None:
    assert typed("BIGINT", pa.array([3.0, 3.5, None, float("nan"), 1e30])) == [
        (3, True), (None, False), (None, True), (None, False), (None, False),
    ]  # fmt: skip
    assert typed("DECIMAL(10,2)", pa.array([37.5, 0.1, 0.123])) == [
        (Decimal("37.50"), True), (Decimal("0.10"), True), (None, False),
    ]  # fmt: skip
    assert typed("DOUBLE", pa.array([2**53, 2**53 + 1, LARGEST])) == [(2.0**53, True), (None, False), (None, False)]
    assert typed("DOUBLE", pa.array([1.5, float("inf"), float("nan")])) == [(1.5, True), (None, False), (None, False)]
    assert typed("INTEGER", pa.array([1, 2**31])) == [(1, True), (None, False)]


def test_a_decimal_keeps_its_digits_or_is_a_type_fault() -> None:
    wide = pa.array([Decimal("1.2300"), Decimal("1.2345"), Decimal("12345678901.0000")], pa.decimal128(38, 4))
    assert typed("DECIMAL(10,2)", wide) == [(Decimal("1.23"), True), (None, False), (None, False)]
    whole = pa.array([Decimal(7), Decimal(10) ** 37], pa.decimal128(38, 0))
    assert typed("DECIMAL(10,2)", whole) == [(Decimal("7.00"), True), (None, False)]


def test_zero_and_one_are_booleans_and_two_is_not() -> None:
    assert typed("BOOLEAN", pa.array([0, 1, 2, None])) == [(False, True), (True, True), (None, False), (None, True)]


def test_instants_of_any_zone_and_precision_become_utc() -> None:
    berlin = pa.array([datetime(2026, 3, 5, 10, tzinfo=UTC)], pa.timestamp("ns", "Europe/Berlin"))
    assert typed("TIMESTAMPTZ", berlin) == [(datetime(2026, 3, 5, 10, tzinfo=UTC), True)]


def test_a_column_that_was_not_delivered_is_null() -> None:
    query = typed_rows(contract([column("xx", "BIGINT"), column("yy", "DATE")]), DAY, pa.schema([("xx", pa.int64())]))
    rows = DuckDBEngine(threads=1).table(query, {STAGED: pa.table({"xx": [1]})}).to_pylist()
    assert [(row["xx"], row["yy"], row["yy__typed"]) for row in rows] == [(1, None, True)]
