"""The one SELECT behind a study's cells: unit totals per fact, then exact sums and products by group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.engines.scaled import column, named, scaled, total, undefined
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.outcomes.fold import undefined_column
from impact_pipeline.outcomes.variables import Variable, Variables

SEGMENT = "segment_index"
"""Output column: -1 for all units, else the index of the segment in the plan's order."""


def product_column(first: str, second: str) -> str:
    return "*".join(sorted((first, second)))


def bad_column(variable: str) -> str:
    return f"{variable}!"


def cells_query(study: Study, variables: Variables, cohorts: Sequence[date]) -> exp.Select:
    """Sums over the units of the given cohorts, by cohort day and arm, for all units and by each segment.

    Inputs: `exposures`, per fact `rows_<fact>` (trusted rows) and, for folded facts, `unit_days_<fact>`.
    """
    query = _sums(study, variables).with_("units", as_=_exposed(study, cohorts))
    for name in variables.fact_names:
        fact = study.catalog.facts[name]
        query = query.with_(f"totals_{name}", as_=_totals(study, fact, variables.of_fact(name)))
    return query.with_("wide", as_=_wide(variables))


def counts_query(study: Study) -> exp.Select:
    """Exposed units by cohort day and arm, for all units and by each segment; mixed units apart (segment -2)."""
    units = exp.to_table("exposures", quoted=True)
    query = exp.select(named(exp.func("count", exp.Star()), "n")).from_(units)
    return _grouped(query, study).where(exp.not_(column("mixed")))


def mixed_query() -> exp.Select:
    return exp.select(named(exp.func("count_if", column("mixed")), "n")).from_(exp.to_table("exposures", quoted=True))


def _exposed(study: Study, cohorts: Sequence[date]) -> exp.Select:
    days = [exp.cast(exp.Literal.string(cohort.isoformat()), "DATE") for cohort in cohorts]
    exposures = exp.to_table("exposures", quoted=True)
    return exp.select("*").from_(exposures).where(exp.not_(column("mixed")), column("cohort_day").isin(*days))


def _totals(study: Study, fact: Fact, variables: Sequence[Variable]) -> exp.Select:
    """unit, one total per variable over its window, and rows without a finite value."""
    events: exp.Query | None = None
    folded = [v for v in variables if fact.fold == "unit_days" and v.total.filter is None]
    direct = [v for v in variables if v not in folded]
    if direct:
        events = _row_events(study, fact, variables, direct, day_zero_only=False)
    if folded:
        parts = [_day_events(fact, variables, folded), _row_events(study, fact, variables, folded, day_zero_only=True)]
        for part in parts:
            events = part if events is None else exp.union(events, part, distinct=False)
    assert events is not None
    query = exp.select(column("unit")).from_(events.subquery("events")).group_by(column("unit"))
    for variable in variables:
        for name in (variable.name, bad_column(variable.name)):
            whole = exp.func("coalesce", exp.func("sum", column(name)), exp.Literal.number(0))
            query = query.select(named(exp.cast(whole, "BIGINT"), name), copy=False)
    return query


def _row_events(
    study: Study, fact: Fact, all_: Sequence[Variable], variables: Sequence[Variable], *, day_zero_only: bool
) -> exp.Select:
    """Trusted rows of exposed units from `exposed_at` on, one column per variable (0 outside its window)."""
    identifier = study.catalog.contracts[fact.dataset].identifier_of(fact.entity)
    assert identifier is not None
    last = 0 if day_zero_only else max(v.window.last_day for v in variables)
    since, until = column("cohort_day", "u"), _plus(column("cohort_day", "u"), last)
    same_unit = column(identifier, "r").eq(column("unit", "u"))
    at = column(fact.event_at, "r")
    query = (
        exp.select(column("unit", "u"))
        .from_(exp.alias_(exp.to_table(f"rows_{fact.name}", quoted=True), "r", table=True))
        .join(exp.alias_(exp.to_table("units", quoted=True), "u", table=True), on=same_unit)
        .where(column("day", "r") >= since, column("day", "r") <= until, at >= column("exposed_at", "u"))
    )
    present = {variable.name for variable in variables}
    for variable in all_:
        tree = _tree(study, fact, variable)
        value, bad = (scaled(tree, variable_scale(study, variable)), undefined(tree, variable_scale(study, variable)))
        condition = _condition(study, fact, variable, last)
        query = _offer(query, variable, value, exp.cast(bad, "BIGINT"), condition, variable.name in present)
    return query


def _day_events(fact: Fact, all_: Sequence[Variable], variables: Sequence[Variable]) -> exp.Select:
    """Folded unit-days after the cohort day, one column per variable (0 outside its window)."""
    last = max(v.window.last_day for v in variables)
    since, until = column("cohort_day", "u"), _plus(column("cohort_day", "u"), last)
    query = (
        exp.select(column("unit", "u"))
        .from_(exp.alias_(exp.to_table(f"unit_days_{fact.name}", quoted=True), "r", table=True))
        .join(
            exp.alias_(exp.to_table("units", quoted=True), "u", table=True), on=column("unit", "r").eq(column("unit", "u"))
        )
        .where(column("day", "r") > since, column("day", "r") <= until)
    )
    present = {variable.name for variable in variables}
    for variable in all_:
        value = column(variable.total.measure, "r")
        bad = column(undefined_column(variable.total.measure), "r")
        query = _offer(query, variable, value, bad, _in_window(variable, last), variable.name in present)
    return query


def _offer(
    query: exp.Select, variable: Variable, value: exp.Expr, bad: exp.Expr, condition: exp.Expr | None, present: bool
) -> exp.Select:
    """Select a variable's value and its count of undefined rows where the condition holds, else nothing."""
    for name, expression in ((variable.name, value), (bad_column(variable.name), bad)):
        shown = expression if present else exp.cast(exp.null(), "BIGINT")
        if present and condition is not None:
            shown = exp.Case().when(condition.copy(), expression)
        query = query.select(named(shown, name), copy=False)
    return query


def _condition(study: Study, fact: Fact, variable: Variable, last: int) -> exp.Expr | None:
    """The filter and window of a variable; None where every row counts."""
    parts = [part for part in (_in_window(variable, last),) if part is not None]
    if variable.total.filter is not None:
        compiled = study.catalog.compile(fact.dataset, variable.total.filter, "condition")
        parts.append(_of_rows(compiled.tree))
    return exp.and_(*parts) if parts else None


def _in_window(variable: Variable, last: int) -> exp.Expr | None:
    """Whether the row's day lies in the variable's window; None where the pass reads no other days."""
    bounds: list[exp.Expr] = []
    if variable.window.start_day > 0:
        bounds.append(column("day", "r") >= _plus(column("cohort_day", "u"), variable.window.start_day))
    if variable.window.last_day < last:
        bounds.append(column("day", "r") <= _plus(column("cohort_day", "u"), variable.window.last_day))
    return exp.and_(*bounds) if bounds else None


def _tree(study: Study, fact: Fact, variable: Variable) -> exp.Expr:
    measure = fact.measures[variable.total.measure]
    return _of_rows(study.catalog.compile(fact.dataset, measure.expression, "number").tree)


def _of_rows(tree: exp.Expr) -> exp.Expr:
    """The expression with every column read from the fact's rows."""
    return tree.copy().transform(lambda node: column(node.name, "r") if isinstance(node, exp.Column) else node)


def variable_scale(study: Study, variable: Variable) -> int:
    """The scale of the summed measure; an indicator compares that sum with zero."""
    return study.measure(variable.total).scale


def _plus(day: exp.Expr, days: int) -> exp.Expr:
    return day if days == 0 else exp.Add(this=day, expression=exp.Literal.number(days))


def _wide(variables: Variables) -> exp.Select:
    """One row per exposed unit with every variable; 0 for a unit without rows."""
    query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("u"))).from_(
        exp.alias_(exp.to_table("units", quoted=True), "u", table=True)
    )
    for name in variables.fact_names:
        alias = f"t_{name}"
        table = exp.alias_(exp.to_table(f"totals_{name}", quoted=True), alias, table=True, quoted=True)
        query = query.join(table, on=column("unit", alias).eq(column("unit", "u")), join_type="left")
        for variable in variables.of_fact(name):
            whole: exp.Expr = exp.func("coalesce", column(variable.name, alias), exp.Literal.number(0))
            if variable.indicator:
                whole = exp.cast(whole > 0, "BIGINT")
            bad = exp.func("coalesce", column(bad_column(variable.name), alias), exp.Literal.number(0))
            query = query.select(named(whole, variable.name), named(bad, bad_column(variable.name)), copy=False)
    return query


def _sums(study: Study, variables: Variables) -> exp.Select:
    """n, sums, sums of products and undefined rows, by group."""
    query = exp.select(named(exp.func("count", exp.Star()), "n")).from_(exp.to_table("wide", quoted=True))
    singles: dict[str, None] = {}
    pairs: dict[tuple[str, str], None] = {}
    for columns in variables.columns:
        names = [columns.y.name, *([columns.d.name] if columns.d else []), *([columns.x] if columns.x else [])]
        singles.update(dict.fromkeys(names))
        pairs.update(dict.fromkeys((a, b) if a <= b else (b, a) for a in names for b in names))
    for name in singles:
        query = query.select(named(total(column(name)), name), copy=False)
    for first, second in pairs:
        product = exp.Mul(this=exp.cast(column(first), "HUGEINT"), expression=column(second))
        query = query.select(named(total(product), product_column(first, second)), copy=False)
    for variable in variables.variables:
        bad = exp.cast(exp.func("sum", column(bad_column(variable.name))), "BIGINT")
        query = query.select(named(bad, bad_column(variable.name)), copy=False)
    return _grouped(query, study)


def _grouped(query: exp.Select, study: Study) -> exp.Select:
    """Group by cohort day and arm, and by each segment besides, in one pass."""
    keys = [column("cohort_day"), column("arm")]
    segments = [column(segment_column(name)) for name in study.plan.segments]
    query = query.select(*(key.copy() for key in keys), copy=False)
    sets = [exp.Tuple(expressions=[key.copy() for key in keys])]
    sets += [exp.Tuple(expressions=[*(key.copy() for key in keys), segment.copy()]) for segment in segments]
    index: exp.Expr = exp.Literal.number(-1)
    value: exp.Expr = exp.Literal.string("")
    for number, segment in reversed(list(enumerate(segments))):
        inside = exp.func("grouping", segment.copy()).eq(0)
        index = exp.Case().when(inside, exp.Literal.number(number)).else_(index)
        value = exp.Case().when(inside.copy(), segment.copy()).else_(value)
    query = query.select(named(exp.cast(index, "BIGINT"), SEGMENT), named(value, "segment_value"), copy=False)
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return query
