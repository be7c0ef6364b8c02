"""Numbers as scaled integers, whose sums are exact in any order."""

from __future__ import annotations

from sqlglot import exp


def scaled(value: exp.Expr, scale: int) -> exp.Expr:
    """`round(value * 10**scale)` as BIGINT; NULL where that has no finite value or does not fit."""
    product = value.copy() if scale == 0 else exp.Mul(this=exp.paren(value), expression=exp.Literal.number(10**scale))
    return exp.TryCast(this=exp.func("round", product), to=exp.DataType.build("BIGINT"))


def undefined(value: exp.Expr, scale: int) -> exp.Expr:
    """Whether a value is there and yet has no finite scaled integer (a division by zero, an overflow)."""
    return exp.and_(value.copy().is_(exp.null()).not_(), scaled(value, scale).is_(exp.null()))


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column."""
    return exp.column(name, table=table, quoted=True)


def named(value: exp.Expr, name: str) -> exp.Expr:
    """`value AS "name"`."""
    return exp.alias_(value, name, quoted=True)


def timestamp(text: str) -> exp.Expr:
    """The first instant of an ISO day, in UTC."""
    return exp.cast(exp.Literal.string(f"{text} 00:00:00+00:00"), "TIMESTAMPTZ")


def day(text: str) -> exp.Expr:
    """An ISO day as DATE."""
    return exp.cast(exp.Literal.string(text), "DATE")


def total(value: exp.Expr) -> exp.Expr:
    """An exact sum that leaves the engine as DECIMAL(38, 0); 0 over no rows."""
    return exp.cast(exp.func("coalesce", exp.func("sum", value), exp.Literal.number(0)), "DECIMAL(38, 0)")
