"""Units of the past through the pass that measures studies, in memory: exposures, cells, cross products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import control_arm
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.exposures.query import exposures_query
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.cells_table import SCHEMA
from impact_pipeline.outcomes.cross_products import CrossProducts, cross_products
from impact_pipeline.outcomes.fact_inputs import fact_inputs
from impact_pipeline.outcomes.group_sums import summed_columns
from impact_pipeline.outcomes.maturity import FactDays, Maturity, maturity_of
from impact_pipeline.outcomes.measured import CohortPass, measured_rows
from impact_pipeline.outcomes.query import SEGMENT, counts_query, mixed_query
from impact_pipeline.outcomes.unit_table import Groups
from impact_pipeline.outcomes.variables import Variables, variables_of
from impact_pipeline.planning.period import Period
from impact_pipeline.planning.population import contacts_query


@dataclass(frozen=True, slots=True)
class MeasuredPast:
    """`arrivals` are new units by day; `together` are over cohorts that count for every metric."""

    cells: Cells
    arrivals: Mapping[date, int]
    variables: Variables
    together: CrossProducts | None
    missing_days: Mapping[str, tuple[str, ...]]


def measured_past(pretended: Study, period: Period, *, lake: Lake, engine: Engine) -> MeasuredPast:
    """One pass over the contacts and one over the facts; nothing is published."""
    exposures = _exposures(pretended, period, lake, engine)
    counts = engine.table(counts_query(pretended), {"exposures": exposures})
    [mixed] = engine.table(mixed_query(), {"exposures": exposures})["n"].to_pylist()
    arrivals = _arrivals(counts, period)
    cohorts = tuple(day for day, units in arrivals.items() if units)
    closed_by = period.last + timedelta(days=pretended.last_window_day)
    maturity = maturity_of(pretended, cohorts, FactDays.of(pretended, lake), closed_by)
    variables = variables_of(pretended)
    groups = _groups(pretended, counts, cohorts)
    rows, together = _measured(pretended, variables, groups, maturity, exposures, lake, engine)
    cells = Cells.of_table(pa.concat_tables([SCHEMA.empty_table(), *rows]), int(mixed or 0))
    return MeasuredPast(cells, arrivals, variables, together, maturity.missing_days)


def _exposures(pretended: Study, period: Period, lake: Lake, engine: Engine) -> pa.Table:
    days = days_between(period.first, period.last)
    contacts = lake.trusted(pretended.plan.exposure.dataset)
    inputs: dict[str, Input] = {"contacts": contacts.files(set(days) & set(contacts.states()))}
    for name in {f.name for f in (*pretended.covariates, *pretended.segment_features.values())}:
        feature = lake.feature(name)
        inputs[f"feature_{name}"] = feature.files(set(days) & set(feature.states()))
    with engine.session(inputs) as session:
        session.keep("rows", contacts_query(pretended))
        return session.table(exposures_query(pretended))


def _arrivals(counts: pa.Table, period: Period) -> dict[date, int]:
    """New units of every day of the period, those without any included."""
    found = dict.fromkeys((period.first + timedelta(days=n) for n in range(period.days)), 0)
    everyone = counts.filter(pc.equal(counts[SEGMENT], -1))
    for row in everyone.select(["cohort_day", "n"]).to_pylist():
        found[row["cohort_day"]] += row["n"]
    return found


def _groups(pretended: Study, counts: pa.Table, cohorts: tuple[date, ...]) -> Groups:
    values = [
        counts.filter(pc.equal(counts[SEGMENT], index))["segment_value"].unique().sort().to_pylist()
        for index in range(len(pretended.splits))
    ]
    segments = {name: tuple(listed) for name, listed in zip(pretended.splits, values, strict=True)}
    return Groups(min(cohorts, default=date.min), (control_arm(pretended.plan.design),), segments)


def _measured(
    pretended: Study, variables: Variables, groups: Groups, maturity: Maturity, exposures: pa.Table, lake: Lake,
    engine: Engine,
) -> tuple[list[pa.Table], CrossProducts | None]:  # fmt: skip
    cohorts = tuple(sorted({day for counted in maturity.cohorts.values() for day in counted}))
    if not cohorts:
        return [], None
    inputs, sizes = fact_inputs(pretended, variables, cohorts, lake)
    given = CohortPass(pretended, variables, groups, cohorts, maturity.cohorts, sizes)
    with engine.session({"exposures": exposures, **groups.inputs, **inputs}) as session:
        rows = measured_rows(session, given)
        in_all = set.intersection(*map(set, maturity.cohorts.values()))
        codes = [(day - groups.first_cohort).days for day in sorted(in_all)]
        names = summed_columns(variables)
        together = cross_products(session, names, codes) if codes and names else None
    return rows, together
