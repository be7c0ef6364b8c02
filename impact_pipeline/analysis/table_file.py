"""Files of rows that an analysis reads: CSV, tab-separated text, JSON lines and Parquet, plain or compressed."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from impact_pipeline.errors import InputError

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".parquet")
SIMPLE = (pa.types.is_dictionary, pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
TIMES = (pa.types.is_date, pa.types.is_timestamp, pa.types.is_time, pa.types.is_null)


def read_rows(path: Path, wanted: Callable[[Collection[str]], Collection[str]]) -> tuple[pa.Table, tuple[str, ...]]:
    """The columns `wanted` of those that there are, and the names of all; raises `InputError` where there are none.

    Numbers may be written as in 12.5 or 1e3; empty text is no value.
    """
    suffix = next((known for known in sorted(SUFFIXES, key=len)[::-1] if path.name.lower().endswith(known)), None)
    if suffix is None:
        raise InputError(f"{path}: '{path.suffix}' is not a kind of file that is read; give {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; name it with --data or the field `data`")
    try:
        rows, names = _read(path, suffix, wanted)
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        kind = suffix.removeprefix(".").upper()
        raise InputError(f"{path}: cannot be read as {kind} ({_told(error)}); mend or convert the file") from None
    if not len(rows):
        raise InputError(f"{path}: has no rows below its header; there is nothing to analyze")
    for field in rows.schema:
        if not any(is_kind(field.type) for is_kind in (*SIMPLE, *TEXTS, *TIMES)):
            told = (
                "is not UTF-8 text; save the file as UTF-8" if pa.types.is_binary(field.type) else f"holds {field.type}"
            )
            raise InputError(f"{path}: column '{field.name}' {told}; columns are numbers, text or days")
    return rows, names


def _read(
    path: Path, suffix: str, wanted: Callable[[Collection[str]], Collection[str]]
) -> tuple[pa.Table, tuple[str, ...]]:
    if suffix == ".parquet":
        from pyarrow import parquet

        names = _distinct(path, parquet.read_schema(path).names)
        return _plain(parquet.read_table(path, columns=_present(names, wanted))), names
    if suffix.startswith(".jsonl"):
        from pyarrow import json

        with _opened(path) as stream:
            rows = json.read_json(stream)
        names = _distinct(path, rows.schema.names)
        return rows.select(_present(names, wanted)), names
    return _text_table(path, "\t" if suffix.startswith(".tsv") else ",", wanted)


def _text_table(
    path: Path, delimiter: str, wanted: Callable[[Collection[str]], Collection[str]]
) -> tuple[pa.Table, tuple[str, ...]]:
    from pyarrow import csv as arrow_csv

    with _opened(path) as stream:
        lines = (line.decode("utf-8-sig" if place == 0 else "utf-8") for place, line in enumerate(stream))
        names = _distinct(path, next(csv.reader(lines, delimiter=delimiter), []))
    options = arrow_csv.ConvertOptions(
        strings_can_be_null=True,
        include_columns=_present(names, wanted),
        null_values=["", "NaN", "nan", "NULL", "null"],
    )
    parsing = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    with _opened(path) as stream:
        return arrow_csv.read_csv(stream, convert_options=options, parse_options=parsing), names


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def _distinct(path: Path, names: list[str]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: columns stand twice: {', '.join(map(repr, twice))}; rename one of each")
    hidden = [place for place, name in enumerate(names, start=1) if not name.isprintable()]
    if hidden:
        told = f"the name of column {hidden[0]} holds a character that cannot be shown"
        raise InputError(f"{path}: {told}; rename it in the file")
    if not names:
        raise InputError(f"{path}: is empty; its first line names the columns")
    return tuple(names)


def _present(names: Collection[str], wanted: Callable[[Collection[str]], Collection[str]]) -> list[str]:
    """Columns to read: those wanted, or the first, which counts the rows."""
    found = wanted(names)
    return [name for name in names if name in found] or list(names)[:1]


def _plain(rows: pa.Table) -> pa.Table:
    """Dictionaries of Parquet as the values they stand for."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].cast(field.type.value_type))
    return rows


def _told(error: Exception) -> str:
    """What is wrong, without the row that an error's message may quote."""
    uneven = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", str(error))
    if uneven is None:
        return type(error).__name__
    row, expected, found = uneven.groups()
    return f"{f'line {row}' if row else 'a line'} has {found} values where the header has {expected} columns"
