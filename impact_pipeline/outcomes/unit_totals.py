"""The SELECT behind one fact's unit totals: rows joined to exposed units, added up by unit over each window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.engines.scaled import always_whole, column, named, scaled, undefined, whole, whole_double
from impact_pipeline.outcomes.bounds import largest_result
from impact_pipeline.outcomes.day_masks import days_in_masks, masks_of
from impact_pipeline.outcomes.exposed_rows import condition, day_since, days_until, joined, measure_of
from impact_pipeline.outcomes.fold import ROWS, undefined_column
from impact_pipeline.outcomes.variables import FactTotal

ROUNDING_FREE = 2**50
"""Rows x largest value up to which every sum in doubles is exact, with a wide margin to 2**53."""

ONE = exp.Literal.number(1)


def bad_column(total: str) -> str:
    """The column that counts rows whose measure has no finite value."""
    return f"{total}!"


@dataclass(frozen=True, slots=True)
class FactSize:
    """How many trusted rows are read, and the largest absolute value of each numeric column among them or more."""

    rows: int
    largest: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class FactPass:
    """One reading of a fact. Totals named in `whole` add numbers that are whole by type, those in `doubles` as doubles.

    A sum of BIGINT takes an engine 128 bits for every unit and total, which is what such a pass costs; a sum of doubles
    takes half, and is exact where no sum can reach 2**53.
    """

    study: Study
    fact: Fact
    totals: tuple[FactTotal, ...]
    whole: frozenset[str]
    doubles: frozenset[str]

    @property
    def folded(self) -> tuple[FactTotal, ...]:
        """Totals that are read from folded days."""
        return tuple(t for t in self.totals if self.fact.fold == "unit_days" and _is_folded(t))

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of totals that count rows without a finite value."""
        return tuple(t.name for t in self.totals if t.name not in self.whole and not t.total.weight_by_day)


def _is_folded(total: FactTotal) -> bool:
    """Whether folded days hold what it adds up: rows that a filter chose, or that have a value, are not told apart."""
    counts_values = total.total.aggregate == "rows" and total.total.measure is not None
    return total.total.filter is None and not counts_values


def fact_pass(study: Study, fact: Fact, totals: tuple[FactTotal, ...], kinds: pa.Schema, inside: FactSize) -> FactPass:
    """How a fact is read, given the types of its measures (see `kinds_query`) and how much lies in it."""
    whole = frozenset(t.name for t in totals if t.total.measure is None or _whole_by_type(study, t, kinds))
    doubles = frozenset(t.name for t in totals if t.name in whole and _rounding_free(study, t, inside))
    return FactPass(study, fact, totals, whole, doubles)


def _whole_by_type(study: Study, total: FactTotal, kinds: pa.Schema) -> bool:
    measure = study.measure(total.total)
    return measure is not None and always_whole(kinds.field(total.name).type, measure.scale)


def _rounding_free(study: Study, total: FactTotal, inside: FactSize) -> bool:
    largest: Fraction | None = Fraction(1)
    if total.total.aggregate == "sum":
        largest = largest_result(measure_of(study, total.total), inside.largest)
    weight = max(1, total.total.window.last_day) if total.total.weight_by_day else 1
    return largest is not None and largest * 10**total.scale * inside.rows * weight < ROUNDING_FREE


def kinds_query(study: Study, fact: Fact, totals: tuple[FactTotal, ...]) -> exp.Select:
    """No rows, one column per total that has a measure, of the measure's type."""
    rows = exp.alias_(exp.to_table(f"rows_{fact.name}", quoted=True), "r", table=True)
    measured = (named(measure_of(study, t.total), t.name) for t in totals if t.total.measure is not None)
    return exp.select(named(ONE.copy(), "none"), *measured).from_(rows).limit(0)


def totals_query(read: FactPass) -> exp.Select:
    """unit, one total per window, and rows without a finite value."""
    events: exp.Query | None = None
    for part in _parts(read):
        events = part if events is None else exp.union(events, part, distinct=False)
    assert events is not None
    query = exp.select(column("unit")).from_(events.subquery("events")).group_by(column("unit"))
    for total in read.totals:
        query = query.select(named(_added_up(total), total.name), copy=False)
    for name in map(bad_column, read.uncertain):
        query = query.select(named(exp.func("sum", column(name)), name), copy=False)
    return query


def _added_up(total: FactTotal) -> exp.Expr:
    if total.total.aggregate == "days":
        return days_in_masks(total.name, total.total.window)
    return exp.func("sum", column(total.name))


def _parts(read: FactPass) -> Iterator[exp.Select]:
    direct = tuple(t for t in read.totals if t not in read.folded)
    if direct:
        yield _row_events(read, direct, max(t.total.window.last_day for t in direct))
    if read.folded:
        yield _day_events(read)
        yield _row_events(read, read.folded, 0)


def _row_events(read: FactPass, wanted: tuple[FactTotal, ...], last: int) -> exp.Select:
    """Trusted rows of exposed units from `exposed_at` to day `last`, one column per total (NULL outside its window)."""
    query = joined(read.study, read.fact, "units", last)
    for total in read.totals:
        chosen = condition(read.study, total.total.fact, total.total.filter, total.total.window, last)
        offered = _row_values(read, total) if total in wanted else None
        query = query.select(*_columns(read, total, offered, chosen), copy=False)
    return query


def _row_values(read: FactPass, total: FactTotal) -> list[exp.Expr]:
    """What one row adds to a total, and to its count of rows without a finite value."""
    measure = read.study.measure(total.total)
    if total.total.aggregate == "days":
        return [value for _, value in masks_of(total.name, total.total.window)]
    if measure is None:
        return [_weighted(total, ONE.copy())]
    tree = measure_of(read.study, total.total)
    value = _scaled_value(read, total, tree)
    if total.total.aggregate == "rows":
        value = exp.Case().when(scaled(tree, measure.scale).is_(exp.null()).not_(), ONE.copy())
    bad = exp.cast(undefined(tree, measure.scale), "BIGINT")
    return [_weighted(total, value), bad] if total.name in read.uncertain else [_weighted(total, value)]


def _scaled_value(read: FactPass, total: FactTotal, tree: exp.Expr) -> exp.Expr:
    if total.name not in read.whole:
        return scaled(tree, total.scale)
    return whole_double(tree, total.scale) if total.name in read.doubles else whole(tree, total.scale)


def _weighted(total: FactTotal, value: exp.Expr) -> exp.Expr:
    return exp.Mul(this=exp.paren(value), expression=day_since()) if total.total.weight_by_day else value


def _day_events(read: FactPass) -> exp.Select:
    """Folded unit-days after the cohort day, one column per total (NULL outside its window)."""
    last = max(t.total.window.last_day for t in read.folded)
    query = days_until(f"unit_days_{read.fact.name}", last)
    for total in read.totals:
        chosen = condition(read.study, total.total.fact, None, total.total.window, last)
        offered = _day_values(read, total) if total in read.folded else None
        query = query.select(*_columns(read, total, offered, chosen), copy=False)
    return query


def _day_values(read: FactPass, total: FactTotal) -> list[exp.Expr]:
    if total.total.aggregate == "days":
        return [value for _, value in masks_of(total.name, total.total.window)]
    value = _weighted(total, column(total.total.measure or ROWS, "r"))
    bad = column(undefined_column(total.total.measure or ""), "r")
    return [value, bad] if total.name in read.uncertain else [value]


def _columns(
    read: FactPass, total: FactTotal, offered: list[exp.Expr] | None, chosen: exp.Expr | None
) -> Iterator[exp.Expr]:
    """A part's columns for one total: the values offered where the condition holds, NULL where the part has none."""
    for place, (name, kind) in enumerate(_kinds(read, total)):
        shown: exp.Expr = exp.null() if offered is None else offered[place]
        if offered is not None and chosen is not None:
            shown = exp.Case().when(chosen.copy(), shown)
        yield named(exp.cast(shown, kind), name)


def _kinds(read: FactPass, total: FactTotal) -> list[tuple[str, str]]:
    """Columns of a total among the events, with their types."""
    if total.total.aggregate == "days":
        return [(name, "BIGINT") for name, _ in masks_of(total.name, total.total.window)]
    found = [(total.name, "DOUBLE" if total.name in read.doubles else "BIGINT")]
    return [*found, (bad_column(total.name), "BIGINT")] if total.name in read.uncertain else found
