"""What kind of values an Arrow type holds, and which kinds a contract's type accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
from pyarrow import types as arrow

Kind = Literal["text", "integer", "decimal", "float", "boolean", "date", "instant", "local_time", "nothing", "other"]

TEXT: frozenset[Kind] = frozenset({"text"})
NUMBERS: frozenset[Kind] = frozenset({"integer", "decimal", "float"})
ACCEPTED: Mapping[str, frozenset[Kind]] = {
    "VARCHAR": TEXT,
    "BIGINT": NUMBERS,
    "INTEGER": NUMBERS,
    "DOUBLE": NUMBERS,
    "DECIMAL": NUMBERS,
    "BOOLEAN": frozenset({"boolean"}),
    "DATE": frozenset({"date"}),
    "TIMESTAMPTZ": frozenset({"instant"}),
}
ACCEPTED_UNTYPED: Mapping[str, frozenset[Kind]] = {
    **{name: kinds | TEXT for name, kinds in ACCEPTED.items()},
    "VARCHAR": frozenset({"text", "boolean", *NUMBERS}),
    "BOOLEAN": frozenset({"text", "boolean", "integer"}),
}


def kind_of(type_: pa.DataType) -> Kind:
    if arrow.is_dictionary(type_):
        return kind_of(type_.value_type)
    if arrow.is_timestamp(type_):
        return "local_time" if type_.tz is None else "instant"
    if arrow.is_decimal(type_):
        return "decimal" if type_.precision <= 38 else "other"
    checks: tuple[tuple[Kind, bool], ...] = (
        ("text", arrow.is_string(type_) or arrow.is_large_string(type_) or arrow.is_string_view(type_)),
        ("integer", arrow.is_integer(type_)),
        ("float", arrow.is_floating(type_)),
        ("boolean", arrow.is_boolean(type_)),
        ("date", arrow.is_date(type_)),
        ("nothing", arrow.is_null(type_)),
    )
    return next((kind for kind, holds in checks if holds), "other")


def accepts(lake_type: str, delivered: pa.DataType, *, untyped: bool) -> bool:
    """Whether values of the delivered type can be values of the lake type, judged row by row from there on.

    Numbers of one type may be numbers of another: each value that does not fit exactly is a fault of its row. Text is
    text; only formats that carry no types (`untyped`) may deliver numbers, dates or instants as text. An instant
    without an offset is a local time and is accepted nowhere.
    """
    kind = kind_of(delivered)
    accepted = (ACCEPTED_UNTYPED if untyped else ACCEPTED)[lake_type.split("(")[0]]
    return kind == "nothing" or kind in accepted


def sql_type(type_: pa.DataType) -> str:
    """The DuckDB type that a numeric Arrow type is read as."""
    if arrow.is_dictionary(type_):
        return sql_type(type_.value_type)
    if arrow.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    names = {
        "int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT", "uint8": "UTINYINT",
        "uint16": "USMALLINT", "uint32": "UINTEGER", "uint64": "UBIGINT", "halffloat": "FLOAT", "float": "FLOAT",
    }  # fmt: skip
    return names.get(str(type_), "DOUBLE")
