"""The log's statistics bound every number of a table, or say nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa

from impact_pipeline.lake.tables import LakeTable


def publish(table: LakeTable, rows: pa.Table) -> None:
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    table.publish(reader, generation="1", input_digest="x")


def test_largest_numbers_are_absolute_and_of_numbers_only(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders", partition_column="")
    amounts = pa.array([Decimal("3.50"), Decimal("-7.25"), None], pa.decimal128(12, 2))
    rows = pa.table({"amount": amounts, "items": [1, 2, 3], "price": [0.5, 1.5, 9.0], "channel": ["a", "b", "c"]})
    publish(table, rows)
    assert table.largest_numbers() == {"amount": Fraction(29, 4), "items": Fraction(3)}


def test_a_column_of_nulls_only_is_no_larger_than_nothing(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders", partition_column="")
    publish(table, pa.table({"amount": pa.array([None, None], pa.int64()), "items": [5, -6]}))
    assert table.largest_numbers() == {"amount": Fraction(0), "items": Fraction(6)}
