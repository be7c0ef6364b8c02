"""A fact's rows of exposed units: the join, the day since exposure, and which rows a window and a filter choose."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.catalog.metrics.readings import UnitTotal
from impact_pipeline.engines.scaled import column


def joined(study: Study, fact: Fact, units: str, last: int, since: str = "exposed_at") -> exp.Select:
    """unit, of trusted rows `r` of the units `u` of a table, from the instant in `since` to day `last`.

    The table has the columns unit, cohort_day and `since`.
    """
    identifier = study.catalog.contracts[fact.dataset].identifier_of(fact.entity)
    assert identifier is not None
    cohort, day = column("cohort_day", "u"), column("day", "r")
    dated = (day >= cohort, day.copy() <= _plus(cohort.copy(), last))
    return _join(f"rows_{fact.name}", identifier, units).where(*dated, column(fact.event_at, "r") >= column(since, "u"))


def days_until(unit_days: str, last: int) -> exp.Select:
    """unit, of folded days `r` after the cohort day of exposed units `u`, to day `last`."""
    cohort, day = column("cohort_day", "u"), column("day", "r")
    return _join(unit_days, "unit", "units").where(day > cohort, day.copy() <= _plus(cohort.copy(), last))


def _join(rows: str, identifier: str, units: str) -> exp.Select:
    return (
        exp.select(column("unit", "u"))
        .from_(exp.alias_(exp.to_table(rows, quoted=True), "r", table=True))
        .join(
            exp.alias_(exp.to_table(units, quoted=True), "u", table=True),
            on=column(identifier, "r").eq(column("unit", "u")),
        )
    )


def day_since() -> exp.Expr:
    """The row's day since exposure, from 0."""
    return exp.paren(exp.Sub(this=column("day", "r"), expression=column("cohort_day", "u")))


def condition(study: Study, fact: str, filter_: str | None, window: Window, last: int) -> exp.Expr | None:
    """Whether a row passes the filter and lies in the window; None where every row until day `last` does."""
    parts: list[exp.Expr] = []
    if window.start_day > 0:
        parts.append(column("day", "r") >= _plus(column("cohort_day", "u"), window.start_day))
    if window.last_day < last:
        parts.append(column("day", "r") <= _plus(column("cohort_day", "u"), window.last_day))
    if filter_ is not None:
        dataset = study.catalog.facts[fact].dataset
        parts.append(_of_rows(study.catalog.compile(dataset, filter_, "condition").tree))
    return exp.and_(*parts) if parts else None


def measure_of(study: Study, total: UnitTotal) -> exp.Expr:
    """The measure of a total that has one, as an expression over rows `r`."""
    measure = study.measure(total)
    assert measure is not None
    dataset = study.catalog.facts[total.fact].dataset
    return _of_rows(study.catalog.compile(dataset, measure.expression, "number").tree)


def _of_rows(tree: exp.Expr) -> exp.Expr:
    """The expression with every column read from the fact's rows."""
    return tree.copy().transform(lambda node: column(node.name, "r") if isinstance(node, exp.Column) else node)


def _plus(day: exp.Expr, days: int) -> exp.Expr:
    return day if days == 0 else exp.Add(this=day, expression=exp.Literal.number(days))
