"""Staged columns as their contract types them, and for each whether its value could be typed.

A cast either keeps a value exactly or yields null with `<name>__typed` false; it never rounds. Text is read strictly:
plain numbers, ISO dates, and instants that carry an offset. NaN and infinities are no numbers. Fractions of a second
below the microsecond are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.contract import Contract, Property
from impact_pipeline.contracts.arrow_kinds import NUMBERS, kind_of, sql_type

STAGED = "staged"
TYPED, RAW, IN_DAY, LATE = "__typed", "__raw", "__in_day", "__late"

_INTEGER = r"[+-]?[0-9]+(\.0*)?"
_DOUBLE = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_OFFSET = r"(Z| ?UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_TEXT_FORMS: Mapping[str, str] = {
    "BIGINT": _INTEGER,
    "INTEGER": _INTEGER,
    "DOUBLE": _DOUBLE,
    "DATE": _DATE,
    "TIMESTAMPTZ": f"{_DATE}[T ]{_CLOCK}{_OFFSET}",
    "BOOLEAN": "(?i:true|false|t|f|1|0)",
}


def typed_rows(contract: Contract, day: str, schema: pa.Schema) -> exp.Select:
    """One SELECT over `staged`: every column typed, `__typed` and `__raw` (text) beside it, the marks, and `day`."""
    cast = exp.select(*(part for column in contract.columns for part in _cast_column(column, schema))).from_(STAGED)
    typed = [exp.column(part, quoted=True) for c in contract.columns for part in (c.name, c.name + RAW)]
    return (
        exp.select(*typed, *map(_typed_mark, contract.columns), *_time_marks(contract, day))
        .select(exp.alias_(exp.cast(exp.Literal.string(day), "DATE"), "day", quoted=True))
        .from_(cast.subquery("cast_rows"))
    )


def end_of_day(day: str) -> date:
    """The day after: its first instant (UTC) ends `day`."""
    return date.fromisoformat(day) + timedelta(days=1)


def _cast_column(column: Property, schema: pa.Schema) -> tuple[exp.Expr, exp.Expr]:
    given: exp.Expr = exp.column(column.name, table=STAGED, quoted=True)
    if column.name not in schema.names:
        given = exp.null()
        value: exp.Expr = exp.cast(given, column.lake_type, dialect="duckdb")
    else:
        value = _value(given.copy(), schema.field(column.name).type, column.lake_type)
    raw = exp.alias_(exp.cast(given, "VARCHAR"), column.name + RAW, quoted=True)
    return exp.alias_(value, column.name, quoted=True), raw


def _value(given: exp.Expr, delivered: pa.DataType, lake_type: str) -> exp.Expr:
    """`given` as the lake type, or null where that would change it."""
    kind = kind_of(delivered)
    if kind == "text" and lake_type != "VARCHAR":
        fits = exp.func("regexp_full_match", given.copy(), exp.Literal.string(_text_form(lake_type)))
        return _finite(_when(fits, _try(given, lake_type)), lake_type)
    if kind in NUMBERS and lake_type != "VARCHAR" and lake_type != "BOOLEAN":
        converted = _try(given.copy(), lake_type)
        back = exp.EQ(this=_try(converted.copy(), sql_type(delivered)), expression=given)
        return _finite(_when(back, converted), lake_type)
    if kind == "integer" and lake_type == "BOOLEAN":
        return _when(given.copy().isin(0, 1), exp.EQ(this=given, expression=exp.Literal.number(1)))
    return _try(given, lake_type)


def _text_form(lake_type: str) -> str:
    if not lake_type.startswith("DECIMAL"):
        return _TEXT_FORMS[lake_type]
    scale = int(lake_type.rstrip(")").split(",")[1])
    return rf"[+-]?([0-9]+\.?|[0-9]*\.[0-9]{{1,{scale}}}0*)" if scale else _INTEGER


def _finite(value: exp.Expr, lake_type: str) -> exp.Expr:
    return _when(exp.func("isfinite", value.copy()), value) if lake_type == "DOUBLE" else value


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case().when(condition, value)


def _try(value: exp.Expr, type_: str) -> exp.Expr:
    return exp.TryCast(this=value, to=exp.DataType.build(type_, dialect="duckdb"))


def _typed_mark(column: Property) -> exp.Expr:
    """True for a null, and for a value that was typed."""
    absent = exp.column(column.name + RAW, quoted=True).is_(exp.null())
    present = exp.column(column.name, quoted=True).is_(exp.null()).not_()
    return exp.alias_(exp.or_(absent, present), column.name + TYPED, quoted=True)


def _time_marks(contract: Contract, day: str) -> list[exp.Expr]:
    """Whether the event lies in the day (null where it has no time), and whether the row came after the deadline."""
    marks: list[exp.Expr] = []
    if contract.event_at:
        event = exp.column(contract.event_at, quoted=True)
        inside = exp.and_(event >= _instant(day), event.copy() < _instant(end_of_day(day).isoformat()))
        marks.append(exp.alias_(inside, contract.event_at + IN_DAY, quoted=True))
    if contract.ingested_at and contract.latency_hours is not None:
        seconds = round(contract.latency_hours * 3600)
        wait = exp.func("to_seconds", exp.Literal.number(seconds))
        late = exp.column(contract.ingested_at, quoted=True) > _instant(end_of_day(day).isoformat()) + wait
        marks.append(exp.alias_(late, contract.ingested_at + LATE, quoted=True))
    return marks


def _instant(day: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(f"{day} 00:00:00+00"), "TIMESTAMPTZ")


ColumnOf = Callable[[str], exp.Expr]


def plain_column(name: str) -> exp.Expr:
    return exp.column(name, quoted=True)


def judged_column(contract: Contract) -> ColumnOf:
    """Columns as rules see them: fixed-point numbers as doubles, which is how bounds of a contract are written."""

    def column_of(name: str) -> exp.Expr:
        known = contract.by_name.get(name)
        column = plain_column(name)
        return exp.cast(column, "DOUBLE") if known and known.lake_type.startswith("DECIMAL") else column

    return column_of
