"""The files of a fact that a pass reads: exactly those of the days that some windows read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.base import Input
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.outcomes.unit_totals import FactSize
from impact_pipeline.outcomes.variables import Variables


def fact_inputs(
    study: Study, variables: Variables, cohorts: Sequence[date], lake: Lake
) -> tuple[dict[str, Input], dict[str, FactSize]]:
    """Inputs by the names that queries read them under, and by fact how much lies in its rows."""
    inputs: dict[str, Input] = {}
    sizes: dict[str, FactSize] = {}
    for name in variables.fact_names:
        fact = study.catalog.facts[name]
        last = variables.last_day(name)
        wanted = {d for cohort in cohorts for d in days_between(cohort, cohort + timedelta(days=last))}
        trusted = lake.trusted(fact.dataset)
        read = {day: state.rows for day, state in trusted.states().items() if day in wanted}
        inputs[f"rows_{name}"] = trusted.files(read)
        sizes[name] = FactSize(sum(read.values()), trusted.largest_numbers())
        if fact.fold == "unit_days":
            folded = lake.unit_days(name)
            inputs[f"unit_days_{name}"] = folded.files(wanted & set(folded.states()))
    return inputs, sizes
