"""One spelling of each type, and no timestamp without a zone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from impact_pipeline.errors import SourceError
from impact_pipeline.sources.arrow_types import cast_batch, contracted_type, plain_schema


@pytest.mark.parametrize(
    ("physical", "arrow"),
    [
        ("VARCHAR", pa.string()),
        ("BIGINT", pa.int64()),
        ("INTEGER", pa.int32()),
        ("DOUBLE", pa.float64()),
        ("BOOLEAN", pa.bool_()),
        ("DATE", pa.date32()),
        ("TIMESTAMPTZ", pa.timestamp("us", "UTC")),
        ("DECIMAL(12,2)", pa.decimal128(12, 2)),
    ],
)
def test_every_physical_type_has_an_arrow_type(physical: str, arrow: pa.DataType) -> None:
    assert contracted_type(physical) == arrow


@pytest.mark.parametrize(
    ("delivered", "plain"),
    [
        (pa.dictionary(pa.int32(), pa.string()), pa.string()),
        (pa.large_string(), pa.string()),
        (pa.string_view(), pa.string()),
        (pa.timestamp("ns", "Europe/Amsterdam"), pa.timestamp("us", "UTC")),
        (pa.timestamp("s", "UTC"), pa.timestamp("us", "UTC")),
        (pa.int16(), pa.int16()),
        (pa.null(), pa.null()),
    ],
)
def test_types_get_one_spelling(delivered: pa.DataType, plain: pa.DataType) -> None:
    assert plain_schema(pa.schema([("a", delivered)]), "source 'shop'").field("a").type == plain


def test_a_timestamp_without_a_zone_is_refused() -> None:
    with pytest.raises(SourceError) as error:
        plain_schema(pa.schema([("placed_at", pa.timestamp("us"))]), "source 'shop'")
    assert str(error.value) == (
        "source 'shop': column 'placed_at' holds timestamps without a time zone; deliver instants with an offset (UTC)"
    )


def test_nanoseconds_are_cut_and_other_columns_left_out() -> None:
    nanoseconds = pa.array([1_999], pa.timestamp("ns", "Europe/Amsterdam"))
    batch = pa.RecordBatch.from_arrays([nanoseconds, pa.array([1])], names=["at", "other"])
    instants = pa.schema([("at", pa.timestamp("us", "UTC"))])
    assert cast_batch(batch, instants).column("at").cast(pa.int64()).to_pylist() == [1]
    assert cast_batch(batch, instants).schema == instants
