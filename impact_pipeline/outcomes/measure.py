"""Publish a study's cells: close what can be closed, redo what was restated, keep the rest.

A metric's cells of a cohort are kept while the digest of all they were made from stands: the exposures with the
metric's covariates, the fingerprints of the days its windows read, and its definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.engines.base import Engine, ParquetFiles
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.query import covariate_column
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import LakeTable, Publication
from impact_pipeline.outcomes.cells import EXPOSED
from impact_pipeline.outcomes.cells_table import as_reader, cell_rows, read_rows
from impact_pipeline.outcomes.fact_inputs import fact_inputs
from impact_pipeline.outcomes.maturity import FactDays, Maturity, days_of_look, days_read, maturity_of, windows_of
from impact_pipeline.outcomes.meaning import metric_meaning
from impact_pipeline.outcomes.measured import CohortPass, measured_rows
from impact_pipeline.outcomes.query import SEGMENT, cohorts_query, counts_query, mixed_query
from impact_pipeline.outcomes.unit_table import Groups
from impact_pipeline.outcomes.variables import variables_of

LOGIC = "cells/3"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""

MARK = 16
"""Hex digits of the digest by which a metric's cells of a cohort are known again."""

Marks = Mapping[str, Mapping[str, str]]
"""Metric -> cohort day -> what its cells are made from."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """One look's work: what counts, what each metric's cohorts are made from, and which of them have to be measured."""

    maturity: Maturity
    marks: Marks
    to_measure: Mapping[str, tuple[date, ...]]

    @property
    def cohorts(self) -> tuple[date, ...]:
        return tuple(sorted({day for days in self.to_measure.values() for day in days}))


def measure(study: Study, as_of: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `study/cells` of a look at `as_of`, from the exposures that stand published.

    Published anew at each new date even where no cell changed: what is recorded says up to when the cells are known.
    """
    table, exposures = lake.cells(study.table), lake.exposures(study.table)
    fact_days, exposed = FactDays.of(study, lake), exposures.state()
    if exposed is None:
        raise LakeError(f"study/exposures of '{study.name}' is not published; materialize it first")
    offered = exposures.files()
    cohorts = _cohort_digests(study, engine, offered)
    maturity = maturity_of(study, tuple(cohorts), fact_days, as_of)
    marks = {metric.name: _marks(study, metric, cohorts, maturity, fact_days) for metric in study.metrics}
    inputs = days_of_look(study, as_of, fact_days)
    whole = digest(LOGIC, as_of.isoformat(), exposed.fingerprint, marks, inputs, dict(maturity.missing_days))
    standing = table.current(whole)
    if standing is not None:
        return standing
    before = table.state()
    known: Marks = before.facts.get("marks", {}) if before else {}
    work = _Pass(maturity, marks, {name: _days(marks, name, known, equal=False) for name in marks})
    kept = _standing(study, table, engine, {name: _days(marks, name, known, equal=True) for name in marks})
    counts = engine.table(counts_query(study), {"exposures": offered})
    rows = [*kept, *_measured(study, work, lake, engine, offered, counts), _exposed(study, counts)]
    mixed = engine.table(mixed_query(), {"exposures": offered}).to_pylist()[0]["n"]
    facts = {"exposures": exposed.fingerprint, **_facts(as_of, work, inputs, mixed)}
    return table.publish(as_reader(rows), generation=generation, input_digest=whole, facts=facts)


def _days(marks: Marks, metric: str, known: Marks, *, equal: bool) -> tuple[date, ...]:
    """Cohort days of a metric whose mark is the one that is known of an earlier look, or another."""
    before = known.get(metric, {})
    return tuple(date.fromisoformat(day) for day, mark in marks[metric].items() if (mark == before.get(day)) == equal)


def _standing(study: Study, table: LakeTable, engine: Engine, days: Mapping[str, tuple[date, ...]]) -> list[pa.Table]:
    """Those of an earlier look's cells that are still what this look would measure."""
    if not any(days.values()):
        return []
    rows = read_rows(table, engine)
    found = []
    for metric in study.metrics:
        keys = pa.array([study.reading_key(metric, reading) for reading in study.readings_of(metric)])
        same_day = pc.is_in(rows["cohort_day"], pa.array(days[metric.name], pa.date32()))
        found.append(rows.filter(pc.and_(pc.is_in(rows["metric"], keys), same_day)))
    return found


def _cohort_digests(study: Study, engine: Engine, exposures: ParquetFiles) -> dict[date, dict[str, str]]:
    """Cohort day -> what its exposures are, '', and what each covariate of them is, in order of day."""
    covariates = {covariate_column(feature.name) for feature in study.covariates}
    plain = [name for name in exposures.schema.names if name not in {"cohort_day", *covariates}]
    sets = {"": plain, **{name: ["unit", name] for name in sorted(covariates)}}
    rows = engine.table(cohorts_query(sets), {"exposures": exposures}).to_pylist()
    return {
        row["cohort_day"]: {name: f"{row['n']}:{row[f'first {name}']}:{row[f'second {name}']}" for name in sets}
        for row in rows
    }


def _marks(
    study: Study, metric: Metric, cohorts: Mapping[date, Mapping[str, str]], maturity: Maturity, fact_days: FactDays
) -> dict[str, str]:
    """Cohort day -> the digest of all that the metric's cells depend on, of cohorts that count for it."""
    read, meaning = ["", *map(covariate_column, metric.covariates)], metric_meaning(study, metric)
    found = {}
    for cohort in maturity.cohorts[metric.name]:
        exposures = [cohorts[cohort][name] for name in read]
        windows = _window_marks(study, metric, cohort, fact_days)
        found[cohort.isoformat()] = digest(LOGIC, exposures, list(study.splits), meaning, windows)[:MARK]
    return found


def _window_marks(study: Study, metric: Metric, cohort: date, fact_days: FactDays) -> dict[str, list[str]]:
    """Fingerprints of the days that windows read. Folded facts read day 0 from trusted rows, named by the same mark."""
    days = {fact: days_read(windows, cohort) for fact, windows in windows_of(study, metric).items()}
    return {fact: [fact_days.days[fact][day] for day in own] for fact, own in days.items()}


def _measured(
    study: Study, work: _Pass, lake: Lake, engine: Engine, exposures: ParquetFiles, counts: pa.Table
) -> list[pa.Table]:
    variables = variables_of(study, [(metric, each) for metric, each in study.readings if work.to_measure[metric.name]])
    if not work.cohorts or not variables.variables:
        return []
    groups = _groups(study, work, counts)
    inputs, sizes = fact_inputs(study, variables, work.cohorts, lake)
    given = CohortPass(study, variables, groups, work.cohorts, work.to_measure, sizes)
    with engine.session({"exposures": exposures, **groups.inputs, **inputs}) as session:
        return measured_rows(session, given)


def _groups(study: Study, work: _Pass, counts: pa.Table) -> Groups:
    """Every arm, and every value of each segment among exposed units."""
    values = [
        counts.filter(pc.equal(counts[SEGMENT], index))["segment_value"].unique().sort().to_pylist()
        for index in range(len(study.splits))
    ]
    segments = {name: tuple(listed) for name, listed in zip(study.splits, values, strict=True)}
    return Groups(min(work.cohorts), tuple(sorted(study.arms)), segments)


def _exposed(study: Study, counts: pa.Table) -> pa.Table:
    """Cells that count units."""
    names = pa.array(["", *study.splits], pa.string())
    keys = {key: counts[key].combine_chunks() for key in ("cohort_day", "arm", "segment_value")}
    segment = names.take(pc.add(counts[SEGMENT].combine_chunks(), 1))
    return cell_rows({**keys, "segment": segment}, EXPOSED, {"n": counts["n"].combine_chunks()})


def _facts(as_of: date, work: _Pass, inputs: Mapping[str, Mapping[str, str]], mixed: int) -> dict[str, Any]:
    """What later stages want to know again: inputs read, what is missing, how much was measured anew."""
    return {
        "as_of": as_of.isoformat(),
        "mixed_units": int(mixed),
        "marks": work.marks,
        "cohorts_measured": [cohort.isoformat() for cohort in work.cohorts],
        "metrics_measured": [name for name, days in work.to_measure.items() if days],
        "inputs": inputs,
        "missing_days": {fact: list(days) for fact, days in work.maturity.missing_days.items()},
    }
