"""Measure cohorts: one pass over each fact into a unit table, then exact sums by group, as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.base import Session
from impact_pipeline.outcomes.cells_table import cell_rows
from impact_pipeline.outcomes.group_sums import (
    VALUE,
    bounds_query,
    bundles,
    product_column,
    summed_columns,
    sums_query,
)
from impact_pipeline.outcomes.query import SEGMENT
from impact_pipeline.outcomes.unit_table import ARM, COHORT, Groups, units_query, wide_query
from impact_pipeline.outcomes.unit_totals import (
    FactPass,
    FactSize,
    bad_column,
    fact_pass,
    kinds_query,
    totals_query,
)
from impact_pipeline.outcomes.variables import MetricColumns, Variables


@dataclass(frozen=True, slots=True)
class CohortPass:
    """What is measured at once; `sizes` by fact."""

    study: Study
    variables: Variables
    groups: Groups
    cohorts: tuple[date, ...]
    matured: Mapping[str, tuple[date, ...]]
    sizes: Mapping[str, FactSize]


def measured_rows(session: Session, given: CohortPass) -> list[pa.Table]:
    """Cells of the given cohorts and of metrics that have matured for them."""
    session.keep("units", units_query(given.groups, given.variables.covariates, given.cohorts))
    passes = tuple(_fact_pass(session, given, name) for name in given.variables.fact_names)
    session.keep("wide", _wide(given, passes))
    session.drop("units")
    largest = _bounds(session, summed_columns(given.variables))
    uncertain = [name for read in passes for name in read.uncertain]
    found: list[pa.Table] = []
    for number, bundle in enumerate(bundles(given.groups, len(given.cohorts))):
        sums = session.table(sums_query(given.variables, uncertain, largest, bundle))
        wanted = sums if number == 0 else sums.filter(pc.greater_equal(sums[SEGMENT], 0))
        found += _cell_rows(wanted, given, frozenset(uncertain))
    return found


def _fact_pass(session: Session, given: CohortPass, name: str) -> FactPass:
    fact, totals = given.study.catalog.facts[name], given.variables.of_fact(name)
    kinds = session.table(kinds_query(given.study, fact, totals)).schema
    return fact_pass(given.study, fact, totals, kinds, given.sizes[name])


def _wide(given: CohortPass, passes: tuple[FactPass, ...]) -> exp.Select:
    query = wide_query(given.groups, given.variables.covariates, given.variables.variables, passes)
    for read in passes:
        query = query.with_(f"totals_{read.fact.name}", as_=totals_query(read))
    return query


def _bounds(session: Session, names: tuple[str, ...]) -> dict[str, int]:
    (row,) = session.table(bounds_query(names)).to_pylist()
    return {name: int(value or 0) for name, value in row.items()}


def _cell_rows(sums: pa.Table, given: CohortPass, uncertain: frozenset[str]) -> Iterator[pa.Table]:
    keys = _keys(sums, given.groups)
    for columns in given.variables.columns:
        days = pa.array(given.matured[columns.metric.name], pa.date32())
        counted = pc.is_in(keys["cohort_day"], days)
        known = _known(sums, columns, given.variables, uncertain)
        yield cell_rows(keys, columns.metric.name, known).filter(counted)


def _keys(sums: pa.Table, groups: Groups) -> dict[str, pa.Array]:
    """The coded groups in words."""
    first = (groups.first_cohort - date(1970, 1, 1)).days
    places = pc.add(sums[SEGMENT].combine_chunks(), 1)
    starts, values = [0], [""]
    for listed in groups.segments.values():
        starts.append(len(values))
        values += listed
    value = pc.add(pa.array(starts).take(places), sums[VALUE].combine_chunks())
    return {
        "cohort_day": pc.add(sums[COHORT].combine_chunks(), first).cast(pa.int32()).cast(pa.date32()),
        "arm": pa.array(groups.arms, pa.string()).take(sums[ARM].combine_chunks()),
        "segment": pa.array(["", *groups.segments], pa.string()).take(places),
        "segment_value": pa.array(values, pa.string()).take(value),
    }


def _known(
    sums: pa.Table, columns: MetricColumns, variables: Variables, uncertain: frozenset[str]
) -> dict[str, pa.Array | int]:
    """n, undefined rows, sums, products and scales of one metric."""
    names = columns.names
    known: dict[str, pa.Array | int] = {"n": sums["n"].combine_chunks()}
    known |= {key: sums[name].combine_chunks() for key, name in names.items()}
    for first, second in ("yy", "dd", "xx", "yd", "xy", "xd"):
        if first in names and second in names:
            own = first == second and names[first] in variables.indicators
            product = names[first] if own else product_column(names[first], names[second])
            known[first + second] = sums[product].combine_chunks()
    bad = [sums[bad_column(t.name)].combine_chunks() for t in columns.totals if t.name in uncertain]
    if bad:
        known["undefined"] = bad[0] if len(bad) == 1 else pc.add(*bad)
    scales = {"y_scale": columns.y.scale, "d_scale": columns.d.scale if columns.d else 0, "x_scale": columns.x_scale}
    return {**known, **scales}
