"""CSV and JSON lines as text: nulls, quotes, digits as written, and faults told without values."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.errors import SourceError
from impact_pipeline.sources.text_files import csv_batches, csv_columns, json_batches, json_columns

ORIGIN = "source 'shop'"


def _csv(path: Path, content: bytes, columns: list[str]) -> list[dict[str, str | None]]:
    file = path / "a.csv"
    file.write_bytes(content)
    return [row for batch in csv_batches(file, columns, ORIGIN) for row in batch.to_pylist()]


def _json(path: Path, content: str, columns: list[str], batch_rows: int = 10) -> list[dict[str, str | None]]:
    file = path / "a.jsonl"
    file.write_text(content)
    return [row for batch in json_batches(file, columns, batch_rows, ORIGIN) for row in batch.to_pylist()]


def test_csv_tells_null_from_empty_text_and_keeps_text_as_it_is(tmp_path: Path) -> None:
    content = b'a,b,c\n007,"",1\n,"x\ny, ""z""",2\n'
    assert _csv(tmp_path, content, ["b", "a"]) == [{"b": "", "a": "007"}, {"b": 'x\ny, "z"', "a": None}]


def test_a_csv_header_without_rows_is_a_day_without_rows(tmp_path: Path) -> None:
    assert _csv(tmp_path, b"a,b\n", ["a"]) == []
    assert csv_columns(tmp_path / "a.csv", ORIGIN) == ("a", "b")


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert _csv(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n", ["a"]) == [{"a": "1"}]
    assert csv_columns(tmp_path / "a.csv", ORIGIN) == ("a", "b")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a,b\n1,2\ncanary\n", " (row 3, 1 columns instead of 2)"),
        (b"a,b\n1,2,canary\n", " (row 2, 3 columns instead of 2)"),
        (b"a,b\n\xe9canary,2\n", " (row 2)"),
    ],
)
def test_a_csv_fault_is_located_and_shows_no_value(tmp_path: Path, content: bytes, fault: str) -> None:
    with pytest.raises(SourceError) as error:
        _csv(tmp_path, content, ["a", "b"])
    assert str(error.value) == f"source 'shop': a.csv is not UTF-8 CSV{fault}; deliver it again"


def test_a_header_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00,b\n")
    with pytest.raises(SourceError, match=r"a.csv: the header is not a line of UTF-8 CSV; deliver it again$"):
        csv_columns(tmp_path / "a.csv", ORIGIN)


def test_json_keeps_digits_as_written_and_absent_keys_are_null(tmp_path: Path) -> None:
    content = '{"a": 1.10, "b": true}\n\n{"b": null, "a": 12345678901234567890123}\n{"a": "1e2", "c": {}}\n'
    assert _json(tmp_path, content, ["a", "b"], batch_rows=2) == [
        {"a": "1.10", "b": "true"},
        {"a": "12345678901234567890123", "b": None},
        {"a": "1e2", "b": None},
    ]
    assert json_columns(tmp_path / "a.jsonl", ORIGIN) == ("a", "b", "c")


@pytest.mark.parametrize("line", ["canary", "[1]", '{"a": NaN}', '{"a": 1', "[" * 100_000, "\ud800"])
def test_a_line_that_is_no_object_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a": 1}\n' + line.encode("utf-8", "surrogatepass") + b"\n")
    with pytest.raises(SourceError) as error:
        json_columns(tmp_path / "a.jsonl", ORIGIN)
    assert str(error.value) == "source 'shop': a.jsonl: line 2 is not a JSON object in UTF-8; deliver it again"


@pytest.mark.parametrize("value", ['["canary"]', '{"x": "canary"}'])
def test_a_nested_value_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SourceError) as error:
        _json(tmp_path, f'{{"a": {value}}}\n', ["a"])
    assert str(error.value) == "source 'shop': a.jsonl: line 1: 'a' holds a list or an object; deliver a plain value"
