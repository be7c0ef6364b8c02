"""The SELECT behind a panel: totals of every unit in every period, by the time of the event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import reduce

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.samples import PanelSample, SeriesSample
from impact_pipeline.engines.scaled import column, named, scaled, timestamp, undefined
from impact_pipeline.outcomes.variables import FactTotal, Variable, Variables

LABELS = ("name", "cluster")
"""Columns of the sample that say something of a unit, and nothing of the period."""


def bad_of(variable: Variable) -> str:
    """The column that counts a variable's rows whose measure has no finite value."""
    return f"{variable.name}!"


def panel_query(
    study: Study, variables: Variables, sample: PanelSample | SeriesSample, first: date, last: date
) -> exp.Select:
    """unit, period, name, cluster, and by variable its value and the count of rows without a finite one.

    Reads `rows_<fact>`. A variable is NULL in periods in which its unit has no rows of its facts.
    """
    totals = [total for total in variables.totals if isinstance(total, FactTotal)]
    events: exp.Query | None = None
    for fact in dict.fromkeys(total.total.fact for total in totals):
        part = _events(study, fact, totals, sample, first, last)
        events = part if events is None else exp.union(events, part, distinct=False)
    assert events is not None
    keys = (column("unit"), column("period"))
    labels = [named(exp.func("max", column(label)), label) for label in LABELS]
    by_period = exp.select(*keys, *labels).from_(events.subquery("events"))
    for total in totals:
        by_period = by_period.select(*_added_up(total), copy=False)
    by_period = by_period.group_by(*(key.copy() for key in keys))
    query = exp.select(*(key.copy() for key in keys), *map(column, LABELS)).from_(by_period.subquery("totals"))
    for variable in variables.variables:
        query = query.select(
            named(_value(variable), variable.name), named(_bad(variable), bad_of(variable)), copy=False
        )
    return query.order_by(column("unit"), column("period"))


def _events(
    study: Study,
    fact: str,
    totals: Sequence[FactTotal],
    sample: PanelSample | SeriesSample,
    first: date,
    last: date,
) -> exp.Select:
    own = study.catalog.facts[fact]
    identifier = study.catalog.contracts[own.dataset].identifier_of(own.entity)
    assert identifier is not None
    at = column(own.event_at)
    start = exp.cast(exp.func("date_trunc", exp.Literal.string(sample.period), at.copy()), "DATE")
    query = exp.select(named(exp.cast(column(identifier), "VARCHAR"), "unit"), named(start, "period"))
    query = query.select(*_labels(sample), copy=False)
    for total in totals:
        query = query.select(*_offered(study, total, total.total.fact == fact), copy=False)
    end = timestamp((last + timedelta(days=1)).isoformat())
    dated = (at.copy() >= timestamp(first.isoformat()), at.copy() < end)
    return query.from_(exp.to_table(f"rows_{fact}", quoted=True)).where(
        *dated, column(identifier).is_(exp.null()).not_()
    )


def _labels(sample: PanelSample | SeriesSample) -> Iterator[exp.Expr]:
    """Of a row's unit, NULL where the sample asks for none."""
    asked = (sample.unit_name, sample.cluster) if isinstance(sample, PanelSample) else (None, None)
    for label, chosen in zip(LABELS, asked, strict=True):
        yield named(exp.cast(exp.null() if chosen is None else column(chosen), "VARCHAR"), label)


def _offered(study: Study, total: FactTotal, own: bool) -> Iterator[exp.Expr]:
    """What a row adds to a total, and whether it has no finite value; NULL in rows of another fact."""
    value: exp.Expr = exp.null()
    bad: exp.Expr = exp.null()
    if own:
        value, bad = _row_value(study, total)
        dataset, chosen = study.catalog.facts[total.total.fact].dataset, total.total.filter
        if chosen is not None:
            condition = study.catalog.compile(dataset, chosen, "condition").tree
            value, bad = (exp.Case().when(condition.copy(), part) for part in (value, bad))
    yield named(exp.cast(value, "BIGINT"), total.name)
    yield named(exp.cast(bad, "BIGINT"), f"{total.name}!")


def _row_value(study: Study, total: FactTotal) -> tuple[exp.Expr, exp.Expr]:
    fact = study.catalog.facts[total.total.fact]
    zero, one = exp.Literal.number(0), exp.Literal.number(1)
    if total.total.aggregate == "days":
        since = exp.cast(column(fact.event_at), "DATE") - exp.cast(exp.Literal.string("1970-01-01"), "DATE")
        return exp.paren(since), zero
    measure = study.measure(total.total)
    if measure is None:
        return one, zero
    tree = study.catalog.compile(fact.dataset, measure.expression, "number").tree
    bad = undefined(tree, measure.scale)
    if total.total.aggregate == "rows":
        return exp.Case().when(scaled(tree, measure.scale).is_(exp.null()).not_(), one), bad
    return scaled(tree, total.scale), bad


def _added_up(total: FactTotal) -> Iterator[exp.Expr]:
    value = column(total.name)
    if total.total.aggregate == "days":
        added: exp.Expr = exp.Count(this=exp.Distinct(expressions=[value]))
    else:
        added = exp.func("sum", value)
    yield named(exp.cast(added, "BIGINT"), total.name)
    bad = exp.func("sum", column(f"{total.name}!"))
    yield named(exp.func("coalesce", bad, exp.Literal.number(0)), f"{total.name}!")


def _value(variable: Variable) -> exp.Expr:
    value: exp.Expr | None = None
    for factor, total in variable.terms:
        part = exp.Mul(this=column(total.name), expression=exp.paren(exp.Literal.number(factor)))
        value = part if value is None else exp.Add(this=value, expression=part)
    assert value is not None
    if variable.cap is not None:
        value = exp.func("least", value, exp.Literal.number(variable.cap))
    if variable.at_least is not None:
        value = exp.GTE(this=exp.paren(value), expression=exp.Literal.number(variable.at_least))
    return exp.cast(value, "BIGINT")


def _bad(variable: Variable) -> exp.Expr:
    parts: list[exp.Expr] = [column(f"{total.name}!") for total in variable.totals]
    return exp.cast(reduce(lambda left, right: exp.Add(this=left, expression=right), parts), "BIGINT")
