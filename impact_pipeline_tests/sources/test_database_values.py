"""Driver values as Arrow: lossless or text, whatever the order of rows and the size of batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.errors import SourceError
from impact_pipeline.sources.database_values import spool_values, spooled_values
from impact_pipeline_tests.sources.orders import ORDERS

ORIGIN = "source 'shop'"
INSTANT = pa.timestamp("us", "UTC")
WIDE = pa.decimal128(38, 12)


def _column(name: str, *batches: Sequence[Any]) -> pa.ChunkedArray:
    with TemporaryFile() as file:
        parts = [[(value,) for value in batch] for batch in batches]
        schema = spool_values(file, parts, [ORDERS.by_name[name]], ORIGIN)
        return spooled_values(file, schema).read_all().column(name)


@pytest.mark.parametrize(
    ("name", "values", "type_"),
    [
        ("order_id", [1, None, Decimal(2)], pa.int64()),
        ("order_id", [2**63 - 1, -(2**63)], pa.int64()),
        ("amount", [Decimal("12.5"), Decimal("12.50"), 3, 0.25], pa.decimal128(12, 2)),
        ("weight", [0.1, float("inf"), None, 2, Decimal("0.5")], pa.float64()),
        ("paid", [True, False, None, 1, 0], pa.bool_()),
        ("due", [date(2026, 3, 5), None], pa.date32()),
        ("placed_at", [datetime(2026, 3, 5, 9, 0, 0, 1, UTC)], INSTANT),
        ("note", ["", None, "x"], pa.string()),
        ("note", [], pa.string()),
        ("amount", [None], pa.decimal128(12, 2)),
    ],
)
def test_what_fits_has_the_contracts_type(name: str, values: list[Any], type_: pa.DataType) -> None:
    found = _column(name, values) if values else _column(name)
    assert found.type == type_
    assert found.to_pylist() == values


@pytest.mark.parametrize(
    ("name", "values", "type_"),
    [
        ("order_id", [1, 2**63], WIDE),
        ("order_id", [1, Decimal("1.5")], WIDE),
        ("amount", [Decimal("0.125"), Decimal("1E+15")], WIDE),
        ("amount", [0.5, 1e-20], pa.float64()),
        ("order_id", [float("nan"), 1.5], pa.float64()),
    ],
)
def test_a_number_that_does_not_fit_widens_its_column(name: str, values: list[Any], type_: pa.DataType) -> None:
    found = _column(name, values)
    assert found.type == type_
    assert [str(float(value)) for value in found.to_pylist()] == [str(float(value)) for value in values]


@pytest.mark.parametrize(
    ("name", "values", "texts"),
    [
        ("order_id", [1, "x"], ["1", "x"]),
        ("amount", [Decimal("NaN"), Decimal("12.50")], ["NaN", "12.50"]),
        ("weight", [2**53 + 1], None),
        ("paid", [True, 2], ["true", "2"]),
        ("placed_at", ["2026-03-05T09:00:00Z", None], ["2026-03-05T09:00:00Z", None]),
        ("due", [datetime(2026, 3, 5, 1, tzinfo=timezone(timedelta(hours=2)))], ["2026-03-04T23:00:00.000000+00:00"]),
        ("user_id", [4711, UUID(int=1)], ["4711", "00000000-0000-0000-0000-000000000001"]),
        ("note", [0.1, date(2026, 3, 5)], ["0.1", "2026-03-05"]),
    ],
)
def test_what_does_not_fit_is_text(name: str, values: list[Any], texts: list[str | None] | None) -> None:
    found = _column(name, values)
    if texts is None:
        assert (found.type, found.to_pylist()) == (WIDE, [Decimal(2**53 + 1)])
    else:
        assert (found.type, found.to_pylist()) == (pa.string(), texts)


NUMBERS = (
    st.none()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.decimals(allow_nan=False)
    | st.just(Decimal("NaN"))
    | st.text(max_size=3)
)


@given(
    st.sampled_from(["order_id", "amount", "weight", "paid"]),
    st.lists(NUMBERS, max_size=8),
    st.integers(0, 8),
    st.randoms(),
)
def test_neither_order_nor_batches_show(name: str, values: list[Any], cut: int, random: Any) -> None:
    whole = _column(name, *([values] if values else []))
    order = list(range(len(values)))
    random.shuffle(order)
    other = _column(
        name, *(part for part in ([values[i] for i in order][:cut], [values[i] for i in order][cut:]) if part)
    )
    assert other.type == whole.type
    assert list(map(str, other.to_pylist())) == [str(whole[i].as_py()) for i in order]


def test_a_naive_timestamp_is_refused() -> None:
    with pytest.raises(SourceError, match=r"^source 'shop': column 'placed_at' holds timestamps without a time zone;"):
        _column("placed_at", [datetime(2026, 3, 5, tzinfo=UTC)], [datetime(2026, 3, 5)])  # noqa: DTZ001


def test_a_value_of_another_kind_is_refused_by_its_class() -> None:
    with pytest.raises(SourceError) as error:
        _column("note", [b"canary"])
    assert str(error.value) == (
        "source 'shop': column 'note' holds values of type bytes; cast it in the query to text, a number, a date, a "
        "timestamp with time zone or a boolean"
    )
