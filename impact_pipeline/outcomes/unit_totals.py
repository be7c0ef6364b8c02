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
from impact_pipeline.outcomes.fold import undefined_column
from impact_pipeline.outcomes.variables import UnitTotal

ROUNDING_FREE = 2**50
"""Rows x largest value up to which every sum in doubles is exact, with a wide margin to 2**53."""


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
    totals: tuple[UnitTotal, ...]
    whole: frozenset[str]
    doubles: frozenset[str]

    @property
    def folded(self) -> tuple[UnitTotal, ...]:
        """Totals that are read from folded days."""
        return tuple(t for t in self.totals if self.fact.fold == "unit_days" and t.total.filter is None)

    @property
    def uncertain(self) -> tuple[str, ...]:
        """Names of totals that count rows without a finite value."""
        return tuple(t.name for t in self.totals if t.name not in self.whole)


def fact_pass(study: Study, fact: Fact, totals: tuple[UnitTotal, ...], kinds: pa.Schema, inside: FactSize) -> FactPass:
    """How a fact is read, given the types of its measures (see `kinds_query`) and how much lies in it."""
    whole = frozenset(t.name for t in totals if always_whole(kinds.field(t.name).type, t.scale))
    return FactPass(
        study,
        fact,
        totals,
        whole,
        frozenset(t.name for t in totals if t.name in whole and _rounding_free(study, fact, t, inside)),
    )


def _rounding_free(study: Study, fact: Fact, total: UnitTotal, inside: FactSize) -> bool:
    largest = largest_result(_tree(study, fact, total), inside.largest)
    return largest is not None and largest * 10**total.scale * inside.rows < ROUNDING_FREE


def kinds_query(study: Study, fact: Fact, totals: tuple[UnitTotal, ...]) -> exp.Select:
    """No rows, one column per total of its measure's type."""
    rows = exp.alias_(exp.to_table(f"rows_{fact.name}", quoted=True), "r", table=True)
    return exp.select(*(named(_tree(study, fact, t), t.name) for t in totals)).from_(rows).limit(0)


def totals_query(read: FactPass) -> exp.Select:
    """unit, one total per window, and rows without a finite value."""
    events: exp.Query | None = None
    for part in _parts(read):
        events = part if events is None else exp.union(events, part, distinct=False)
    assert events is not None
    query = exp.select(column("unit")).from_(events.subquery("events")).group_by(column("unit"))
    for name in (*(t.name for t in read.totals), *map(bad_column, read.uncertain)):
        query = query.select(named(exp.func("sum", column(name)), name), copy=False)
    return query


def _parts(read: FactPass) -> Iterator[exp.Select]:
    direct = tuple(t for t in read.totals if t not in read.folded)
    if direct:
        yield _row_events(read, direct, max(t.window.last_day for t in direct))
    if read.folded:
        yield _day_events(read)
        yield _row_events(read, read.folded, 0)


def _row_events(read: FactPass, wanted: tuple[UnitTotal, ...], last: int) -> exp.Select:
    """Trusted rows of exposed units from `exposed_at` to day `last`, one column per total (NULL outside its window)."""
    identifier = read.study.catalog.contracts[read.fact.dataset].identifier_of(read.fact.entity)
    assert identifier is not None
    since, until = column("cohort_day", "u"), _plus(column("cohort_day", "u"), last)
    query = _joined(f"rows_{read.fact.name}", identifier).where(
        column("day", "r") >= since,
        column("day", "r") <= until,
        column(read.fact.event_at, "r") >= column("exposed_at", "u"),
    )
    for total in read.totals:
        tree, condition = _tree(read.study, read.fact, total), _condition(read, total, last)
        bad = exp.cast(undefined(tree, total.scale), "BIGINT")
        query = _offer(query, read, total, _value(read, total, tree), bad, condition, total in wanted)
    return query


def _day_events(read: FactPass) -> exp.Select:
    """Folded unit-days after the cohort day, one column per total (NULL outside its window)."""
    last = max(t.window.last_day for t in read.folded)
    since, until = column("cohort_day", "u"), _plus(column("cohort_day", "u"), last)
    query = _joined(f"unit_days_{read.fact.name}", "unit").where(
        column("day", "r") > since, column("day", "r") <= until
    )
    for total in read.totals:
        value: exp.Expr = column(total.total.measure, "r")
        if total.name in read.doubles:
            value = exp.cast(value, "DOUBLE")
        bad = column(undefined_column(total.total.measure), "r")
        query = _offer(query, read, total, value, bad, _in_window(total, last), total in read.folded)
    return query


def _joined(rows: str, identifier: str) -> exp.Select:
    """Rows of exposed units."""
    return (
        exp.select(column("unit", "u"))
        .from_(exp.alias_(exp.to_table(rows, quoted=True), "r", table=True))
        .join(
            exp.alias_(exp.to_table("units", quoted=True), "u", table=True),
            on=column(identifier, "r").eq(column("unit", "u")),
        )
    )


def _value(read: FactPass, total: UnitTotal, tree: exp.Expr) -> exp.Expr:
    if total.name not in read.whole:
        return scaled(tree, total.scale)
    return whole_double(tree, total.scale) if total.name in read.doubles else whole(tree, total.scale)


def _offer(
    query: exp.Select,
    read: FactPass,
    total: UnitTotal,
    value: exp.Expr,
    bad: exp.Expr,
    condition: exp.Expr | None,
    present: bool,
) -> exp.Select:
    """Select a total's value, and its count of undefined rows where there can be any, if the condition holds."""
    kind = "DOUBLE" if total.name in read.doubles else "BIGINT"
    offered = [(total.name, value, kind)]
    if total.name in read.uncertain:
        offered.append((bad_column(total.name), bad, "BIGINT"))
    for name, expression, type_ in offered:
        shown = expression if present else exp.cast(exp.null(), type_)
        if present and condition is not None:
            shown = exp.Case().when(condition.copy(), expression)
        query = query.select(named(shown, name), copy=False)
    return query


def _condition(read: FactPass, total: UnitTotal, last: int) -> exp.Expr | None:
    """The filter and window of a total; None where every row counts."""
    parts = [part for part in (_in_window(total, last),) if part is not None]
    if total.total.filter is not None:
        compiled = read.study.catalog.compile(read.fact.dataset, total.total.filter, "condition")
        parts.append(_of_rows(compiled.tree))
    return exp.and_(*parts) if parts else None


def _in_window(total: UnitTotal, last: int) -> exp.Expr | None:
    """Whether the row's day lies in the total's window; None where the pass reads no other days."""
    bounds: list[exp.Expr] = []
    if total.window.start_day > 0:
        bounds.append(column("day", "r") >= _plus(column("cohort_day", "u"), total.window.start_day))
    if total.window.last_day < last:
        bounds.append(column("day", "r") <= _plus(column("cohort_day", "u"), total.window.last_day))
    return exp.and_(*bounds) if bounds else None


def _tree(study: Study, fact: Fact, total: UnitTotal) -> exp.Expr:
    measure = fact.measures[total.total.measure]
    return _of_rows(study.catalog.compile(fact.dataset, measure.expression, "number").tree)


def _of_rows(tree: exp.Expr) -> exp.Expr:
    """The expression with every column read from the fact's rows."""
    return tree.copy().transform(lambda node: column(node.name, "r") if isinstance(node, exp.Column) else node)


def _plus(day: exp.Expr, days: int) -> exp.Expr:
    return day if days == 0 else exp.Add(this=day, expression=exp.Literal.number(days))
