"""Files as a source: layouts, formats, drift between the files of a day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.catalog.source import FilesSource
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.sources.files import Files
from impact_pipeline_tests.sources.orders import DAY, ORDERS, instant, read, source_document


def _files(home: Path, root: str = "raw", **dataset: Any) -> Files:
    return Files(FilesSource.model_validate(source_document("files", dataset, root=root)), home)


def _put(home: Path, name: str, content: str | pa.Table) -> None:
    path = home / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content) if isinstance(content, str) else pq.write_table(content, path)


def test_parquet_keeps_its_types_and_unknown_columns_are_named_but_not_read(tmp_path: Path) -> None:
    _put(tmp_path, "2026-03-05.parquet", pa.table({"email": ["canary"], "order_id": [1], "placed_at": [instant(9)]}))
    source = _files(tmp_path, format="parquet", path="{day}.parquet")
    with source.read(ORDERS, DAY) as delivery:
        assert delivery.columns == ("email", "order_id", "placed_at")
        assert delivery.typed is True
        assert delivery.rows.read_all().to_pylist() == [{"order_id": 1, "placed_at": instant(9)}]


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_text_formats_are_text_and_days_are_told_apart(tmp_path: Path, format_: str) -> None:
    csv = "order_id,placed_at\n1,2026-03-04T23:59:59Z\n2,2026-03-05T00:00:00Z\n3,\n4,2026-03-06T00:00:00Z\n"
    keys = ("2026-03-04T23:59:59Z", "2026-03-05T00:00:00Z", None, "2026-03-06T00:00:00Z")
    lines = [f'{{"order_id": {i}, "placed_at": {_json(at)}}}\n' for i, at in enumerate(keys, start=1)]
    _put(tmp_path, f"all.{format_}", csv if format_ == "csv" else "".join(lines))
    source = _files(tmp_path, format=format_, path=f"all.{format_}", day_column="placed_at")
    assert read(source).to_pylist() == [{"order_id": "2", "placed_at": "2026-03-05T00:00:00Z"}]
    with source.read(ORDERS, DAY) as delivery:
        assert delivery.typed is False


def _json(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'


def test_a_day_column_outside_the_contract_tells_days_and_is_not_delivered(tmp_path: Path) -> None:
    _put(tmp_path, "all.csv", "order_id,dt\n1,2026-03-04\n2,2026-03-05\n")
    _put(tmp_path, "all.parquet", pa.table({"order_id": [1, 2], "dt": ["2026-03-04", "2026-03-05"]}))
    csv = _files(tmp_path, format="csv", path="all.csv", day_column="dt")
    parquet = _files(tmp_path, format="parquet", path="all.parquet", day_column="dt")
    assert read(csv).to_pylist() == [{"order_id": "2"}]
    assert read(parquet).to_pylist() == [{"order_id": 2}]


def test_a_day_without_rows_in_a_file_of_all_days_is_delivered_empty(tmp_path: Path) -> None:
    _put(tmp_path, "all.parquet", pa.table({"order_id": [1], "dt": ["2026-03-04"]}))
    found = read(_files(tmp_path, format="parquet", path="all.parquet", day_column="dt"))
    assert (found.num_rows, found.schema) == (0, pa.schema([("order_id", pa.int64())]))


def test_a_day_column_that_is_not_delivered_is_refused(tmp_path: Path) -> None:
    _put(tmp_path, "all.csv", "order_id\n1\n")
    with pytest.raises(SourceError, match=r"all.csv: the day column 'dt' is not delivered; correct the source$"):
        read(_files(tmp_path, format="csv", path="all.csv", day_column="dt"))


def test_files_of_a_day_are_read_in_order_whatever_the_order_of_their_columns(tmp_path: Path) -> None:
    _put(tmp_path, "2026-03-05/b.csv", "note,order_id\nlast,2\n")
    _put(tmp_path, "2026-03-05/a.csv", "order_id,note\n1,first\n")
    found = read(_files(tmp_path, format="csv", path="{day}/*.csv"))
    assert found.to_pylist() == [{"order_id": "1", "note": "first"}, {"order_id": "2", "note": "last"}]


def test_json_files_of_a_day_are_taken_together(tmp_path: Path) -> None:
    _put(tmp_path, "2026-03-05/a.jsonl", '{"order_id": 1}\n')
    _put(tmp_path, "2026-03-05/b.jsonl", '{"note": "x"}\n')
    found = read(_files(tmp_path, format="jsonl", path="{day}/*.jsonl"))
    assert found.to_pylist() == [{"order_id": "1", "note": None}, {"order_id": None, "note": "x"}]


def test_a_column_without_values_takes_the_type_of_the_other_files(tmp_path: Path) -> None:
    _put(tmp_path, "2026-03-05/a.parquet", pa.table({"order_id": [1], "note": pa.nulls(1)}))
    _put(tmp_path, "2026-03-05/b.parquet", pa.table({"order_id": [2], "note": ["x"]}))
    found = read(_files(tmp_path, format="parquet", path="{day}/*.parquet"))
    assert found.column("note").to_pylist() == [None, "x"]


@pytest.mark.parametrize(
    ("other", "part"), [({"order_id": [2], "note": ["x"]}, "names"), ({"order_id": ["2"]}, "types")]
)
def test_files_of_a_day_with_other_columns_are_refused(tmp_path: Path, other: dict[str, Any], part: str) -> None:
    _put(tmp_path, "2026-03-05/a.parquet", pa.table({"order_id": [1]}))
    _put(tmp_path, "2026-03-05/b.parquet", pa.table(other))
    with pytest.raises(SourceError) as error:
        read(_files(tmp_path, format="parquet", path="{day}/*.parquet"))
    assert str(error.value) == (
        f"source 'shop', parquet files raw/{{day}}/*.parquet: the column {part} of b.parquet differ from those of "
        "a.parquet; deliver the files of a day with the same columns"
    )


def test_a_contracted_timestamp_without_a_zone_is_refused_and_an_unknown_one_ignored(tmp_path: Path) -> None:
    naive = pa.array([1], pa.timestamp("us"))
    source = _files(tmp_path, format="parquet", path="{day}.parquet")
    _put(tmp_path, "2026-03-05.parquet", pa.table({"order_id": [1], "changed_at": naive}))
    assert read(source).column_names == ["order_id"]
    _put(tmp_path, "2026-03-05.parquet", pa.table({"order_id": [1], "placed_at": naive}))
    with pytest.raises(SourceError, match="column 'placed_at' holds timestamps without a time zone"):
        read(source)


@pytest.mark.parametrize("root", ["/etc", "../other", "raw/../.."])
def test_a_root_outside_the_home_is_refused(tmp_path: Path, root: str) -> None:
    with pytest.raises(InputError) as error:
        _files(tmp_path, root, format="csv", path="{day}.csv")
    assert str(error.value) == f"source 'shop': root '{root}' leaves the project's home; write a path below it"
