"""Measure cohorts: one pass over each fact into a unit table, then exact sums by group, as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BIN, washout_minutes
from impact_pipeline.catalog.metrics.readings import UnitTotal
from impact_pipeline.engines.base import Session
from impact_pipeline.outcomes.event_buckets import events_query, unit_buckets_query
from impact_pipeline.outcomes.group_rows import base_rows, bucket_rows, event_rows
from impact_pipeline.outcomes.group_sums import bounds_query, bundles, summed_columns, sums_query
from impact_pipeline.outcomes.steps_passed import with_steps
from impact_pipeline.outcomes.unit_table import Groups, code_columns, units_query, wide_query
from impact_pipeline.outcomes.unit_totals import FactPass, FactSize, fact_pass, kinds_query, totals_query
from impact_pipeline.outcomes.value_buckets import buckets_query
from impact_pipeline.outcomes.variables import ReadingColumns, Variables


@dataclass(frozen=True, slots=True)
class CohortPass:
    """What is measured at once; `matured` by metric, `sizes` by fact."""

    study: Study
    variables: Variables
    groups: Groups
    cohorts: tuple[date, ...]
    matured: Mapping[str, tuple[date, ...]]
    sizes: Mapping[str, FactSize]

    def counted(self, columns: ReadingColumns, rows: pa.Table) -> pa.Table:
        """Those rows whose cohort has matured for the reading's metric."""
        days = pa.array(self.matured[columns.metric.name], pa.date32())
        return rows.filter(pc.is_in(rows["cohort_day"], days))


@dataclass(slots=True)
class _UnitTable:
    """The tables that a session keeps, and what is known of them."""

    session: Session
    given: CohortPass
    largest: Mapping[str, int] = field(default_factory=dict)
    uncertain: frozenset[str] = frozenset()
    events: dict[tuple[UnitTotal, int], str] = field(default_factory=dict)


def measured_rows(session: Session, given: CohortPass) -> list[pa.Table]:
    """Cells of the given cohorts and of metrics that have matured for them."""
    table = _unit_table(session, given)
    found: list[pa.Table] = []
    for number, bundle in enumerate(bundles(given.groups, len(given.cohorts))):
        for columns, rows in _cells(table, bundle):
            wanted = rows if number == 0 else rows.filter(pc.not_equal(rows["segment"], ""))
            if not columns.reading.simulated:
                wanted = wanted.filter(pc.not_equal(wanted["segment"], BIN))
            found.append(given.counted(columns, wanted))
    return found


def _unit_table(session: Session, given: CohortPass) -> _UnitTable:
    variables = given.variables
    table = _UnitTable(session, given)
    washout = washout_minutes(given.study.plan.design)
    session.keep("units", units_query(given.groups, variables.covariates, given.cohorts, washout))
    for columns in variables.columns:
        _keep_events(table, columns)
    passes = tuple(_fact_pass(session, given, name) for name in variables.fact_names if variables.of_fact(name))
    session.keep("wide", _wide(given, passes))
    session.drop("units")
    table.largest = _bounds(session, summed_columns(variables))
    table.uncertain = frozenset(name for read in passes for name in read.uncertain)
    return table


def _keep_events(table: _UnitTable, columns: ReadingColumns) -> None:
    """The rows of units by bucket, once for all quantiles of them."""
    if columns.events is None:
        return
    kept = (columns.events, columns.reading.digits or 1)
    if kept not in table.events:
        name = table.events[kept] = f"events_{len(table.events)}"
        query = unit_buckets_query(table.given.study, *kept, code_columns(table.given.groups))
        table.session.keep(name, query)


def _fact_pass(session: Session, given: CohortPass, name: str) -> FactPass:
    fact, totals = given.study.catalog.facts[name], given.variables.of_fact(name)
    kinds = session.table(kinds_query(given.study, fact, totals)).schema
    return fact_pass(given.study, fact, totals, kinds, given.sizes[name])


def unit_rows(session: Session, given: CohortPass) -> pa.Table:
    """One row per exposed unit: unit, cohort_day, variables, and the count of rows without a finite value by total."""
    variables = given.variables
    session.keep("units", units_query(given.groups, variables.covariates, given.cohorts))
    passes = tuple(_fact_pass(session, given, name) for name in variables.fact_names if variables.of_fact(name))
    return session.table(_wide(given, passes, ("unit", "cohort_day")).order_by(exp.column("unit", quoted=True)))


def _wide(given: CohortPass, passes: tuple[FactPass, ...], keys: tuple[str, ...] = ()) -> exp.Select:
    query = wide_query(given.groups, given.variables.covariates, given.variables, passes, keys)
    for read in passes:
        query = query.with_(exp.to_identifier(f"totals_{read.fact.name}", quoted=True), as_=totals_query(read))
    for total in given.variables.steps:
        query = with_steps(query, given.study, total)
    return query


def _bounds(session: Session, names: tuple[str, ...]) -> dict[str, int]:
    if not names:
        return {}
    (row,) = session.table(bounds_query(names)).to_pylist()
    return {name: int(value or 0) for name, value in row.items()}


def _cells(table: _UnitTable, bundle: tuple[int, ...]) -> Iterator[tuple[ReadingColumns, pa.Table]]:
    """Rows of cells, for all units and by each segment of the bundle."""
    session, given = table.session, table.given
    shown = tuple(index for index in bundle if given.study.splits[index] != BIN)
    sums = session.table(sums_query(given.variables, sorted(table.uncertain), table.largest, bundle))
    for columns in given.variables.columns:
        yield columns, base_rows(sums, columns, given.variables, given.groups, table.uncertain)
        if columns.by_value:
            found = session.table(buckets_query(columns, table.largest, shown))
            yield columns, bucket_rows(found, columns, given.groups)
        if columns.events is not None:
            name = table.events[columns.events, columns.reading.digits or 1]
            yield columns, event_rows(session.table(events_query(name, shown)), columns, given.groups)
