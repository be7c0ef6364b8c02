"""Buckets of integers in SQL: the same as `impact_pipeline.stats.buckets.bucket_of`, on any engine."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.stats.buckets import MAX_DIGITS, checked_digits


def bucket(value: exp.Expr, digits: int) -> exp.Expr:
    """The BIGINT cut to its leading digits, toward zero; NULL of NULL.

    `value - value % width`, where `%` takes the sign of the value (as in DuckDB, PostgreSQL and Spark) and the width is
    a CASE over powers of ten: no division, no logarithm, no function, nothing that overflows.

    >>> from sqlglot import parse_one
    >>> print(bucket(parse_one("ms"), digits=18).sql("duckdb", pretty=True))
    CAST(ms AS BIGINT) - CAST(ms AS BIGINT) % CASE
      WHEN CAST(ms AS BIGINT) BETWEEN -999999999999999999 AND 999999999999999999
      THEN 1
      ELSE 10
    END
    """
    whole = exp.cast(value, "BIGINT")
    return exp.Sub(this=whole, expression=exp.Mod(this=whole.copy(), expression=_width(whole, checked_digits(digits))))


def _width(whole: exp.Expr, digits: int) -> exp.Case:
    found = exp.Case(default=_literal(10 ** (MAX_DIGITS + 1 - digits)))
    for places in range(digits, MAX_DIGITS + 1):
        largest = 10**places - 1
        within = exp.Between(this=whole.copy(), low=_literal(-largest), high=_literal(largest))
        found = found.when(within, _literal(10 ** (places - digits)))
    return found


def _literal(number: int) -> exp.Expr:
    return exp.Literal.number(number)
