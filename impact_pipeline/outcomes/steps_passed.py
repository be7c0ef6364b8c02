"""The SELECTs behind a funnel: when each unit passed each step, and how many steps it passed."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.outcomes.exposed_rows import condition, joined
from impact_pipeline.outcomes.variables import StepTotal

PASSED_AT = "passed_at"


def with_steps(query: exp.Select, study: Study, total: StepTotal) -> exp.Select:
    """The query with a table `totals_<name>`: unit, and the number of steps it passed, of units that passed any.

    One step's table is made from the one before: the first row at or after the time of passing that.
    """
    before, since = "units", "exposed_at"
    names = [f"step{number}_{total.name}" for number in range(len(total.total.steps))]
    for name, rows in zip(names, total.total.steps, strict=True):
        fact, window = study.catalog.facts[rows.fact], total.total.window
        step = joined(study, fact, before, window.last_day, since)
        chosen = condition(study, rows.fact, rows.filter, window, window.last_day)
        step = step if chosen is None else step.where(chosen)
        at = named(exp.func("min", column(fact.event_at, "r")), PASSED_AT)
        keys = (column("unit", "u"), column("cohort_day", "u"))
        step = step.select(column("cohort_day", "u"), at).group_by(*keys)
        query = query.with_(exp.to_identifier(name, quoted=True), as_=step)
        before, since = name, PASSED_AT
    return query.with_(exp.to_identifier(f"totals_{total.name}", quoted=True), as_=_counted(names, total.name))


def _counted(steps: list[str], name: str) -> exp.Select:
    passed: exp.Query | None = None
    for step in steps:
        part = exp.select(column("unit")).from_(exp.to_table(step, quoted=True))
        passed = part if passed is None else exp.union(passed, part, distinct=False)
    assert passed is not None
    count = named(exp.func("count", exp.Star()), name)
    return exp.select(column("unit"), count).from_(passed.subquery("passed")).group_by(column("unit"))
