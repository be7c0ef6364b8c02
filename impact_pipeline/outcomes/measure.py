"""Publish a study's cells: close what can be closed, redo what was restated, keep the rest.

A cohort's cells are kept while the digest of all they were made from stands: its exposures, the fingerprints of the
days its windows read, and the definitions of its metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.metric import Metric, totals
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.lake.fingerprint import content_sums
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.lake.tables import Publication
from impact_pipeline.outcomes.cells import EXPOSED, Cell
from impact_pipeline.outcomes.cells_table import as_reader, read_cells
from impact_pipeline.outcomes.maturity import FactDays, Maturity, maturity_of, window_days
from impact_pipeline.outcomes.query import (
    SEGMENT,
    bad_column,
    cells_query,
    counts_query,
    mixed_query,
    product_column,
)
from impact_pipeline.outcomes.variables import MetricColumns, Variables, variables_of
from impact_pipeline.stats.moments import Moments

LOGIC = "cells/1"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """One look's work: what counts, what each cohort is made from, and which cohorts have to be measured."""

    maturity: Maturity
    made_from: Mapping[str, str]
    to_measure: tuple[date, ...]


def measure(study: Study, as_of: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `study/cells` of a look at `as_of`, from the exposures that stand published."""
    table, exposures = lake.cells(study.name), lake.exposures(study.name)
    fact_days, exposed = FactDays.of(study, lake), exposures.state()
    if exposed is None:
        raise LakeError(f"study/exposures of '{study.name}' is not published; materialize it first")
    cohorts = _cohort_digests(engine, exposures.files())
    maturity = maturity_of(study, tuple(cohorts), fact_days, as_of)
    made_from = {c.isoformat(): _made_from(study, c, mark, maturity, fact_days) for c, mark in cohorts.items()}
    whole = digest(LOGIC, exposed.fingerprint, made_from, dict(maturity.missing_days))
    standing = table.current(whole)
    if standing is not None:
        return standing
    before = table.state()
    kept_marks = before.facts["made_from"] if before else {}
    to_measure = tuple(c for c in cohorts if made_from[c.isoformat()] != kept_marks.get(c.isoformat()) and _counts(maturity, c))
    work = _Pass(maturity, made_from, to_measure)
    kept = [c for c in read_cells(table, engine).cells if _stands(c, work, kept_marks)] if before else []
    offered: dict[str, Input] = {"exposures": exposures.files()}
    cells = [*kept, *_measured(study, work, lake, engine, offered), *_exposed(study, engine, offered)]
    facts = _facts(study, as_of, work, fact_days, engine.table(mixed_query(), offered).to_pylist()[0]["n"])
    return table.publish(as_reader(cells), generation=generation, input_digest=whole, facts=facts)


def _counts(maturity: Maturity, cohort: date) -> bool:
    return any(cohort in counted for counted in maturity.cohorts.values())


def _stands(cell: Cell, work: _Pass, kept_marks: Mapping[str, str]) -> bool:
    """Whether an earlier look's cell is still what this look would measure."""
    day = cell.cohort_day.isoformat()
    return cell.metric != EXPOSED and day in work.made_from and work.made_from[day] == kept_marks.get(day)


def _cohort_digests(engine: Engine, exposures: Input) -> dict[date, str]:
    """Cohort day -> what its exposures are, in order of day."""
    assert not isinstance(exposures, dict)
    names = [name for name in exposures.schema.names if name != "cohort_day"]
    day = column("cohort_day")
    count = named(exp.func("count", exp.Star()), "n")
    query = exp.select(day, count, *content_sums(names)).from_(exp.to_table("exposures", quoted=True))
    rows = engine.table(query.group_by(day.copy()).order_by(day.copy()), {"exposures": exposures}).to_pylist()
    return {row["cohort_day"]: f"{row['n']}:{row['lower']}:{row['upper']}" for row in rows}


def _made_from(study: Study, cohort: date, exposures: str, maturity: Maturity, fact_days: FactDays) -> str:
    """The digest of all that a cohort's cells depend on."""
    metrics = [m for m in study.metrics if cohort in maturity.cohorts[m.name]]
    inputs = {m.name: [metric_meaning(study, m), _window_marks(m, cohort, fact_days)] for m in metrics}
    return digest(LOGIC, exposures, list(study.plan.segments), inputs)


def _window_marks(metric: Metric, cohort: date, fact_days: FactDays) -> dict[str, list[str]]:
    """Fingerprints of the days a window reads. Folded facts read day 0 from trusted rows, named by the same mark."""
    days = window_days(metric, cohort)
    return {total.fact: [fact_days.days[total.fact][day] for day in days] for total in totals(metric)}


def metric_meaning(study: Study, metric: Metric) -> dict[str, Any]:
    """The part of a metric's definition that decides what its cells hold: not its label, owner or direction."""
    parts = [
        {"total": t.model_dump(mode="json"), "measure": study.measure(t).expression, "scale": study.measure(t).scale}
        for t in totals(metric)
    ]
    return {"type": metric.type, "parts": parts, "window": metric.window.model_dump(), "covariate": metric.covariate}


def _measured(study: Study, work: _Pass, lake: Lake, engine: Engine, offered: Mapping[str, Input]) -> list[Cell]:
    variables = variables_of(study)
    if not work.to_measure or not variables.variables:
        return []
    query = cells_query(study, variables, work.to_measure)
    rows = engine.table(query, {**offered, **_fact_inputs(study, variables, work.to_measure, lake)}).to_pylist()
    return [cell for row in rows for cell in _cells(study, row, variables, work.maturity)]


def _fact_inputs(study: Study, variables: Variables, cohorts: Sequence[date], lake: Lake) -> dict[str, Input]:
    """Exactly the files of the days that the windows of these cohorts read."""
    inputs: dict[str, Input] = {}
    for name in variables.fact_names:
        fact = study.catalog.facts[name]
        last = max(v.window.last_day for v in variables.of_fact(name))
        wanted = {d for cohort in cohorts for d in days_between(cohort, cohort + timedelta(days=last))}
        trusted = lake.trusted(fact.dataset)
        inputs[f"rows_{name}"] = trusted.files(wanted & set(trusted.states()))
        if fact.fold == "unit_days":
            folded = lake.unit_days(name)
            inputs[f"unit_days_{name}"] = folded.files(wanted & set(folded.states()))
    return inputs


def _exposed(study: Study, engine: Engine, offered: Mapping[str, Input]) -> list[Cell]:
    rows = engine.table(counts_query(study), offered).to_pylist()
    return [_cell(study, row, EXPOSED, Moments(n=int(row["n"]))) for row in rows]


def _cells(study: Study, row: Mapping[str, Any], variables: Variables, maturity: Maturity) -> list[Cell]:
    found: list[Cell] = []
    for columns in variables.columns:
        if row["cohort_day"] in maturity.cohorts[columns.metric.name]:
            used = [v for v in (columns.y, columns.d) if v is not None]
            bad = sum(int(row[bad_column(variable.name)]) for variable in used)
            found.append(_cell(study, row, columns.metric.name, _moments(row, columns), bad))
    return found


def _cell(study: Study, row: Mapping[str, Any], metric: str, moments: Moments, bad: int = 0) -> Cell:
    index = int(row[SEGMENT])
    segment = "" if index < 0 else list(study.plan.segments)[index]
    return Cell(row["cohort_day"], row["arm"], segment, row["segment_value"] or "", metric, moments, bad)


def _moments(row: Mapping[str, Any], columns: MetricColumns) -> Moments:
    names = {"y": columns.y.name, "d": columns.d.name if columns.d else None, "x": columns.x}
    sums = {key: int(row[name]) for key, name in names.items() if name}
    for first, second in ("yy", "dd", "xx", "yd", "xy", "xd"):
        left, right = names[first], names[second]
        if left and right:
            sums[first + second] = int(row[product_column(left, right)])
    scales = {"y_scale": columns.y.scale, "d_scale": columns.d.scale if columns.d else 0, "x_scale": columns.x_scale}
    return Moments(n=int(row["n"]), **sums, **scales)


def _facts(study: Study, as_of: date, work: _Pass, fact_days: FactDays, mixed: int) -> dict[str, Any]:
    """What later stages want to know again: inputs read, what is missing, how much was measured anew."""
    days = {f"{f.dataset}": dict(sorted(fact_days.days[f.name].items())) for f in study.facts}
    first, last = study.plan.starts.isoformat(), as_of.isoformat()
    return {
        "as_of": as_of.isoformat(),
        "mixed_units": int(mixed),
        "made_from": dict(work.made_from),
        "cohorts_measured": [cohort.isoformat() for cohort in work.to_measure],
        "inputs": {name: {d: mark for d, mark in marks.items() if first <= d <= last} for name, marks in days.items()},
        "missing_days": {fact: list(days) for fact, days in work.maturity.missing_days.items()},
    }
