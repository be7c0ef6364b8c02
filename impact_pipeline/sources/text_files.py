"""CSV and JSON lines as streams of text columns: the formats carry no types, so validation gives them theirs.

In CSV an empty field is null and `""` is empty text. In JSON lines a number is the digits as they were written.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from impact_pipeline.errors import SourceError

_BLOCK_BYTES = 1 << 20


def text_schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in columns])


def csv_columns(path: Path, origin: str) -> tuple[str, ...]:
    """The names of the header line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(next(csv.reader(file, strict=True), ()))
    except (UnicodeDecodeError, csv.Error):
        raise SourceError(f"{origin}: {path.name}: the header is not a line of UTF-8 CSV; deliver it again") from None


def csv_batches(path: Path, columns: Sequence[str], origin: str) -> Iterator[pa.RecordBatch]:
    """The named columns of a comma-separated UTF-8 file."""
    schema = text_schema(columns)
    try:
        with pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=schema, include_columns=list(columns), null_values=[""],
                strings_can_be_null=True, quoted_strings_can_be_null=False,
            ),
        ) as reader:  # fmt: skip
            yield from reader
    except pa.ArrowException as error:
        raise SourceError(f"{origin}: {path.name} is not UTF-8 CSV{_csv_fault(str(error))}; deliver it again") from None


def _csv_fault(message: str) -> str:
    """Where and why, from the parser's message; the rest of the message may hold values."""
    row = re.search(r"Row #(\d+)", message)
    counts = re.search(r"Expected (\d+) columns, got (\d+)", message)
    where = f" (row {row[1]}" if row else ""
    why = f"{', ' if row else ' ('}{counts[2]} columns instead of {counts[1]}" if counts else ""
    return f"{where}{why})" if where or why else ""


def json_columns(path: Path, origin: str) -> tuple[str, ...]:
    """The keys of all lines, in order of first appearance."""
    return tuple(dict.fromkeys(key for _, row in _objects(path, origin) for key in row))


def json_batches(path: Path, columns: Sequence[str], batch_rows: int, origin: str) -> Iterator[pa.RecordBatch]:
    """The named keys of each line's object; a key that is not there is null."""
    schema = text_schema(columns)
    rows = _objects(path, origin)
    while part := list(islice(rows, batch_rows)):
        arrays = [pa.array([_text(row.get(name), name, line, path, origin) for line, row in part]) for name in columns]
        yield pa.RecordBatch.from_arrays([array.cast(pa.string()) for array in arrays], schema=schema)


def _objects(path: Path, origin: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _object(line, number, path, origin)


def _object(line: bytes, number: int, path: Path, origin: str) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise SourceError(f"{origin}: {path.name}: line {number} is not a JSON object in UTF-8; deliver it again")
    return row


def _refuse_constant(name: str) -> str:
    raise ValueError(name)


def _text(value: object, name: str, line: int, path: Path, origin: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise SourceError(f"{origin}: {path.name}: line {line}: '{name}' holds a list or an object; deliver a plain value")
