"""Distinct days as bits: one bit a day, so that a sum over rows in any order, by OR, holds each day once.

Counting distinct values in an engine keeps a set for every unit, which takes several times the time and memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from sqlglot import exp

from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.engines.scaled import column
from impact_pipeline.outcomes.exposed_rows import day_since

DAYS_IN_MASK = 62
"""Bits of a BIGINT that no engine takes for its sign."""


def masks_of(total: str, window: Window) -> Iterator[tuple[str, exp.Expr]]:
    """Columns of a total's masks, each with the bit of a row's day; NULL where the day is in another mask."""
    starts = range(window.start_day, window.last_day + 1, DAYS_IN_MASK)
    for number, first in enumerate(starts):
        place = exp.paren(exp.Sub(this=day_since(), expression=exp.Literal.number(first)))
        bit = exp.BitwiseLeftShift(this=exp.cast(exp.Literal.number(1), "BIGINT"), expression=place)
        if len(starts) > 1:
            last = exp.Literal.number(first + DAYS_IN_MASK - 1)
            inside = exp.Between(this=day_since(), low=exp.Literal.number(first), high=last)
            yield f"{total}#{number}", exp.Case().when(inside, bit)
        else:
            yield total, bit


def days_in_masks(total: str, window: Window) -> exp.Expr:
    """The number of days in all masks of a unit's rows."""
    counts = [_days(name) for name, _ in masks_of(total, window)]
    return reduce(lambda left, right: exp.Add(this=left, expression=right), counts)


def _days(mask: str) -> exp.Expr:
    whole = exp.func("coalesce", exp.BitwiseOrAgg(this=column(mask)), exp.Literal.number(0))
    return exp.cast(exp.BitwiseCount(this=whole), "BIGINT")
