from __future__ import annotations

import pyarrow as pa
import pytest

from impact_pipeline.contracts.arrow_kinds import Kind, accepts, kind_of, sql_type


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (pa.string(), "text"),
        (pa.large_string(), "text"),
        (pa.dictionary(pa.int32(), pa.string()), "text"),
        (pa.uint16(), "integer"),
        (pa.float32(), "float"),
        (pa.decimal128(10, 2), "decimal"),
        (pa.decimal256(60, 2), "other"),
        (pa.bool_(), "boolean"),
        (pa.date32(), "date"),
        (pa.timestamp("ns", "Europe/Berlin"), "instant"),
        (pa.timestamp("us"), "local_time"),
        (pa.null(), "nothing"),
        (pa.list_(pa.int64()), "other"),
        (pa.binary(), "other"),
    ],
)
def test_kind_of(type_: pa.DataType, kind: Kind) -> None:
    assert kind_of(type_) == kind


@pytest.mark.parametrize(
    ("lake_type", "delivered", "typed", "untyped"),
    [
        ("BIGINT", pa.string(), False, True),
        ("BIGINT", pa.float64(), True, True),
        ("DECIMAL(10,2)", pa.float64(), True, True),
        ("VARCHAR", pa.int64(), False, True),
        ("BOOLEAN", pa.int64(), False, True),
        ("DATE", pa.string(), False, True),
        ("DATE", pa.timestamp("us", "UTC"), False, False),
        ("TIMESTAMPTZ", pa.timestamp("us"), False, False),
        ("TIMESTAMPTZ", pa.date32(), False, False),
        ("VARCHAR", pa.list_(pa.string()), False, False),
        ("INTEGER", pa.null(), True, True),
    ],
)
def test_accepts_values_of_the_promised_kind_only(
    lake_type: str, delivered: pa.DataType, typed: bool, untyped: bool
) -> None:
    assert accepts(lake_type, delivered, untyped=False) is typed
    assert accepts(lake_type, delivered, untyped=True) is untyped


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (pa.int8(), "TINYINT"),
        (pa.uint64(), "UBIGINT"),
        (pa.float32(), "FLOAT"),
        (pa.float64(), "DOUBLE"),
        (pa.decimal128(12, 4), "DECIMAL(12,4)"),
        (pa.dictionary(pa.int8(), pa.int64()), "BIGINT"),
    ],
)
def test_sql_type_is_what_duckdb_reads_the_type_as(type_: pa.DataType, name: str) -> None:
    assert sql_type(type_) == name
