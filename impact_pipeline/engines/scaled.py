"""Numbers as scaled integers, whose sums are exact in any order."""

from __future__ import annotations

import pyarrow as pa
from sqlglot import exp

BIGINT_DIGITS, INTEGER_DIGITS = 18, 10
"""Decimal digits that any BIGINT can hold, and that an INTEGER can have."""


def scaled(value: exp.Expr, scale: int) -> exp.Expr:
    """`round(value * 10**scale)` as BIGINT; NULL where that has no finite value or does not fit.

    The power is a BIGINT, so that the product of a decimal has the digits for it.
    """
    power = exp.cast(_power(scale), "BIGINT")
    product = value.copy() if scale == 0 else exp.Mul(this=exp.paren(value), expression=power)
    return exp.TryCast(this=exp.func("round", product), to=exp.DataType.build("BIGINT"))


def undefined(value: exp.Expr, scale: int) -> exp.Expr:
    """Whether a value is there and yet has no finite scaled integer (a division by zero, an overflow)."""
    return exp.and_(value.copy().is_(exp.null()).not_(), scaled(value, scale).is_(exp.null()))


def always_whole(kind: pa.DataType, scale: int) -> bool:
    """Whether every value of an engine's type is a whole number at that scale, which fits BIGINT: none is undefined."""
    if pa.types.is_decimal(kind):
        return bool(kind.scale <= scale and kind.precision - kind.scale + scale <= BIGINT_DIGITS)
    if pa.types.is_signed_integer(kind):
        return scale <= (0 if kind.bit_width == 64 else BIGINT_DIGITS - INTEGER_DIGITS)
    return False


def whole(value: exp.Expr, scale: int) -> exp.Expr:
    """`value * 10**scale` as BIGINT, of a type that is `always_whole`; multiplied where no digit can be lost."""
    if scale == 0:
        return exp.cast(value, "BIGINT")
    wide = exp.cast(value, f"DECIMAL(38, {scale})")
    return exp.cast(exp.Mul(this=wide, expression=_power(scale)), "BIGINT")


def whole_double(value: exp.Expr, scale: int) -> exp.Expr:
    """`value * 10**scale` as DOUBLE, of a type that is `always_whole`: exact where the result is below 2**51.

    Dividing by the power of ten and multiplying by it again errs by less than a half there, and is then rounded.
    """
    double = exp.cast(value, "DOUBLE")
    return double if scale == 0 else exp.func("round", exp.Mul(this=double, expression=_power(scale)))


def _power(scale: int) -> exp.Expr:
    return exp.Literal.number(10**scale)


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
