"""Publish a study's cells: close what can be closed, redo what was restated, keep the rest.

A cohort's cells are kept while the digest of all they were made from stands: its exposures, the fingerprints of the
days its windows read, and the definitions of its metrics.
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

LOGIC = "cells/2"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """One look's work: what counts, what each cohort is made from, and which cohorts have to be measured."""

    maturity: Maturity
    made_from: Mapping[str, str]
    to_measure: tuple[date, ...]


def measure(study: Study, as_of: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `study/cells` of a look at `as_of`, from the exposures that stand published.

    Published anew at each new date even where no cell changed: what is recorded says up to when the cells are known.
    """
    table, exposures = lake.cells(study.table), lake.exposures(study.table)
    fact_days, exposed = FactDays.of(study, lake), exposures.state()
    if exposed is None:
        raise LakeError(f"study/exposures of '{study.name}' is not published; materialize it first")
    offered = exposures.files()
    cohorts = _cohort_digests(engine, offered)
    maturity = maturity_of(study, tuple(cohorts), fact_days, as_of)
    made_from = {c.isoformat(): _made_from(study, c, mark, maturity, fact_days) for c, mark in cohorts.items()}
    inputs = days_of_look(study, as_of, fact_days)
    whole = digest(LOGIC, as_of.isoformat(), exposed.fingerprint, made_from, inputs, dict(maturity.missing_days))
    standing = table.current(whole)
    if standing is not None:
        return standing
    before = table.state()
    kept_marks = before.facts["made_from"] if before else {}
    changed = (c for c in cohorts if made_from[c.isoformat()] != kept_marks.get(c.isoformat()))
    work = _Pass(maturity, made_from, tuple(c for c in changed if _counts(maturity, c)))
    kept = _standing(table, engine, work, kept_marks)
    counts = engine.table(counts_query(study), {"exposures": offered})
    rows = [*kept, *_measured(study, work, lake, engine, offered, counts), _exposed(study, counts)]
    mixed = engine.table(mixed_query(), {"exposures": offered}).to_pylist()[0]["n"]
    facts = {"exposures": exposed.fingerprint, **_facts(as_of, work, inputs, mixed)}
    return table.publish(as_reader(rows), generation=generation, input_digest=whole, facts=facts)


def _counts(maturity: Maturity, cohort: date) -> bool:
    return any(cohort in counted for counted in maturity.cohorts.values())


def _standing(table: LakeTable, engine: Engine, work: _Pass, kept_marks: Mapping[str, str]) -> list[pa.Table]:
    """Those of an earlier look's cells that are still what this look would measure."""
    days = [date.fromisoformat(day) for day, mark in work.made_from.items() if mark == kept_marks.get(day)]
    if not days:
        return []
    rows = read_rows(table, engine)
    measured = pc.not_equal(rows["metric"], EXPOSED)
    return [rows.filter(pc.and_(measured, pc.is_in(rows["cohort_day"], pa.array(days, pa.date32()))))]


def _cohort_digests(engine: Engine, exposures: ParquetFiles) -> dict[date, str]:
    """Cohort day -> what its exposures are, in order of day."""
    names = [name for name in exposures.schema.names if name != "cohort_day"]
    rows = engine.table(cohorts_query(names), {"exposures": exposures}).to_pylist()
    return {row["cohort_day"]: f"{row['n']}:{row['first']}:{row['second']}" for row in rows}


def _made_from(study: Study, cohort: date, exposures: str, maturity: Maturity, fact_days: FactDays) -> str:
    """The digest of all that a cohort's cells depend on."""
    metrics = [m for m in study.metrics if cohort in maturity.cohorts[m.name]]
    inputs = {m.name: [metric_meaning(study, m), _window_marks(study, m, cohort, fact_days)] for m in metrics}
    return digest(LOGIC, exposures, list(study.splits), inputs)


def _window_marks(study: Study, metric: Metric, cohort: date, fact_days: FactDays) -> dict[str, list[str]]:
    """Fingerprints of the days that windows read. Folded facts read day 0 from trusted rows, named by the same mark."""
    days = {fact: days_read(windows, cohort) for fact, windows in windows_of(study, metric).items()}
    return {fact: [fact_days.days[fact][day] for day in own] for fact, own in days.items()}


def _measured(
    study: Study, work: _Pass, lake: Lake, engine: Engine, exposures: ParquetFiles, counts: pa.Table
) -> list[pa.Table]:
    variables = variables_of(study)
    if not work.to_measure or not variables.variables:
        return []
    groups = _groups(study, work, counts)
    inputs, sizes = fact_inputs(study, variables, work.to_measure, lake)
    given = CohortPass(study, variables, groups, work.to_measure, work.maturity.cohorts, sizes)
    with engine.session({"exposures": exposures, **groups.inputs, **inputs}) as session:
        return measured_rows(session, given)


def _groups(study: Study, work: _Pass, counts: pa.Table) -> Groups:
    """Every arm, and every value of each segment among exposed units."""
    values = [
        counts.filter(pc.equal(counts[SEGMENT], index))["segment_value"].unique().sort().to_pylist()
        for index in range(len(study.splits))
    ]
    segments = {name: tuple(listed) for name, listed in zip(study.splits, values, strict=True)}
    return Groups(min(work.to_measure), tuple(sorted(study.arms)), segments)


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
        "made_from": dict(work.made_from),
        "cohorts_measured": [cohort.isoformat() for cohort in work.to_measure],
        "inputs": inputs,
        "missing_days": {fact: list(days) for fact, days in work.maturity.missing_days.items()},
    }
