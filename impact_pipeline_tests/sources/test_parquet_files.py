"""Parquet files: only the day's rows, in plain types, and damage told by the file's name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.errors import SourceError
from impact_pipeline.sources.parquet_files import day_selection, parquet_batches, parquet_schema
from impact_pipeline_tests.sources.orders import DAY, instant

ORIGIN = "source 'shop'"
DATA = Path(__file__).parent / "data"
INSTANTS = [instant(23, 59, day=4), instant(0), instant(23, 59), instant(0, day=6)]


def _of_day(path: Path, told: pa.Array) -> list[int]:
    table = pa.table({"id": range(len(told)), "told": told})
    pq.write_table(table, path / "a.parquet", row_group_size=1)
    selection = day_selection(table.schema, "told", DAY, ORIGIN)
    batches = parquet_batches(path / "a.parquet", pa.schema([("id", pa.int64())]), selection, 10, ORIGIN)
    return [id_ for batch in batches for id_ in batch.column("id").to_pylist()]


@pytest.mark.parametrize(
    "told",
    [
        pa.array(INSTANTS, pa.timestamp("us", "UTC")),
        pa.array(INSTANTS, pa.timestamp("ns", "Asia/Kolkata")),
        pa.array([date(2026, 3, day) for day in (4, 5, 5, 6)]),
        pa.array(["2026-03-04", "2026-03-05T00:00:00Z", "2026-03-05 23:59Z", "2026-03-06"]),
        pa.array(["2026-03-04", "2026-03-05", "2026-03-05", "2026-03-06"]).dictionary_encode(),
    ],
    ids=["utc", "kolkata", "date", "text", "dictionary"],
)
def test_a_day_is_told_by_an_instant_a_date_or_text(tmp_path: Path, told: pa.Array) -> None:
    assert _of_day(tmp_path, told) == [1, 2]


def test_row_groups_of_other_days_are_not_read(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "told": ["2026-03-04", "2026-03-05"]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1, compression="none", write_page_checksum=True)
    first = pq.read_metadata(tmp_path / "a.parquet").row_group(0).column(0)
    damaged = bytearray((tmp_path / "a.parquet").read_bytes())
    damaged[first.dictionary_page_offset + first.total_compressed_size - 1] ^= 0xFF
    (tmp_path / "a.parquet").write_bytes(damaged)
    ids = pa.schema([("id", pa.int64())])
    selection = day_selection(table.schema, "told", DAY, ORIGIN)
    found = parquet_batches(tmp_path / "a.parquet", ids, selection, 10, ORIGIN)
    assert [id_ for batch in found for id_ in batch.column("id").to_pylist()] == [2]
    with pytest.raises(
        SourceError, match=r"^source 'shop': a.parquet is damaged: its pages cannot be read; deliver it"
    ):
        list(parquet_batches(tmp_path / "a.parquet", ids, None, 10, ORIGIN))


def test_other_day_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        _of_day(tmp_path, pa.array([20260305]))
    assert str(error.value) == (
        "source 'shop': day column 'told' has type int64; a day is told by a timestamp with a time zone, a date, or "
        "ISO 8601 text in UTC"
    )
    with pytest.raises(
        SourceError, match=r"^source 'shop': column 'told' holds timestamps without a time zone; deliver"
    ):
        _of_day(tmp_path, pa.array([1], pa.timestamp("us")))


@pytest.mark.parametrize("name", ["D24_truncated.parquet", "D25_zero.parquet"])
def test_what_is_no_whole_file_is_refused(name: str) -> None:
    with pytest.raises(SourceError) as error:
        parquet_schema(DATA / name, ORIGIN)
    assert str(error.value) == f"source 'shop': {name} is not a whole Parquet file; deliver it again"


def test_a_file_without_rows_has_columns() -> None:
    schema = parquet_schema(DATA / "D25_zero_rows.parquet", ORIGIN)
    assert "user_key" in schema.names
    batches = parquet_batches(DATA / "D25_zero_rows.parquet", schema, None, 10, ORIGIN)
    assert sum(batch.num_rows for batch in batches) == 0


def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path: Path) -> None:
    table = pa.table({"id": pa.array(range(2_000)), "name": pa.array([f"n{i % 7}" for i in range(2_000)])})
    pq.write_table(table, tmp_path / "whole.parquet", write_page_checksum=True)
    content = (tmp_path / "whole.parquet").read_bytes()
    pages = pq.read_metadata(tmp_path / "whole.parquet").row_group(0).column(1)
    end = pages.dictionary_page_offset + pages.total_compressed_size
    outcomes = {_flipped(tmp_path, content, end * i // 40, table) for i in range(40)}
    assert outcomes <= {"refused", "unchanged"}
    assert "refused" in outcomes


def _flipped(path: Path, content: bytes, position: int, table: pa.Table) -> str:
    damaged = bytearray(content)
    damaged[position] ^= 0x10
    (path / "flipped.parquet").write_bytes(damaged)
    try:
        batches = list(parquet_batches(path / "flipped.parquet", table.schema, None, 1_000, ORIGIN))
    except SourceError:
        return "refused"
    return "unchanged" if pa.Table.from_batches(batches, table.schema) == table else "changed"
