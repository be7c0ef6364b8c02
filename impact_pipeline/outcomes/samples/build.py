"""Publish the samples of a causal design: each metric of each unit, by period or in its window; a pass a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import periods_of
from impact_pipeline.catalog.samples import PanelSample, SeriesSample
from impact_pipeline.engines.base import Engine, Input, ParquetFiles
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import Publication
from impact_pipeline.outcomes.fact_inputs import fact_inputs
from impact_pipeline.outcomes.maturity import FactDays, days_of_look, maturity_of
from impact_pipeline.outcomes.meaning import metric_meaning
from impact_pipeline.outcomes.measured import CohortPass, unit_rows
from impact_pipeline.outcomes.query import mixed_query
from impact_pipeline.outcomes.samples.period_query import bad_of, panel_query
from impact_pipeline.outcomes.samples.table import KEYS, SCHEMA, sample_rows
from impact_pipeline.outcomes.unit_table import Groups
from impact_pipeline.outcomes.unit_totals import bad_column
from impact_pipeline.outcomes.variables import ReadingColumns, Variables, variables_of

LOGIC = "samples/2"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look reads, and from where."""

    study: Study
    as_of: date
    lake: Lake
    engine: Engine
    inputs: Mapping[str, Mapping[str, str]]
    exposures: ParquetFiles
    variables: Variables


def measured_metrics(study: Study) -> dict[str, Metric]:
    """Metrics that a sample holds, by name: those that are judged, then those that are read beside them."""
    return {**study.metrics_by_name, **study.metrics_beside}


def measure_samples(study: Study, as_of: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `study/cells` of a causal design at `as_of`, from the exposures that stand published."""
    table, exposures = lake.cells(study.table), lake.exposures(study.table)
    exposed, fact_days = exposures.state(), FactDays.of(study, lake)
    if exposed is None:
        raise LakeError(f"study/exposures of '{study.name}' is not published; materialize it first")
    metrics, inputs = measured_metrics(study), days_of_look(study, as_of, fact_days)
    meaning = [metric_meaning(study, metric) for metric in metrics.values()]
    asked = [sample.model_dump(mode="json") for sample in study.samples]
    whole = digest(LOGIC, as_of.isoformat(), exposed.fingerprint, list(metrics), meaning, asked, inputs)
    standing = table.current(whole)
    if standing is not None:
        return standing
    readings = [(metric, study.readings_of(metric)[0]) for metric in metrics.values()]
    look = _Look(study, as_of, lake, engine, inputs, exposures.files(), variables_of(study, readings))
    rows = pa.concat_tables([SCHEMA.empty_table(), *_rows(look, fact_days)])
    rows = rows.sort_by([(key, "ascending") for key in KEYS])
    mixed = engine.table(mixed_query(), {"exposures": look.exposures}).to_pylist()[0]["n"]
    facts = {
        "as_of": as_of.isoformat(), "mixed_units": int(mixed), "exposures": exposed.fingerprint, "marks": {},
        "cohorts_measured": [], "metrics_measured": list(metrics), "inputs": inputs, "missing_days": {},
    }  # fmt: skip
    reader = pa.RecordBatchReader.from_batches(SCHEMA, rows.to_batches())
    return table.publish(reader, generation=generation, input_digest=whole, facts=facts)


def _rows(look: _Look, fact_days: FactDays) -> Iterator[pa.Table]:
    for place, sample in enumerate(look.study.samples):
        if isinstance(sample, PanelSample | SeriesSample):
            yield from _by_period(look, place, sample)
        else:
            yield from _by_unit(look, place, fact_days)


def _by_period(look: _Look, place: int, sample: PanelSample | SeriesSample) -> Iterator[pa.Table]:
    study = look.study
    first, last = periods_of(study.plan, sample)
    query = panel_query(study, look.variables, sample, first, last)
    found = look.engine.table(query, dict(_rows_of_facts(look)))
    for columns in look.variables.columns:
        keys = {name: found[name] for name in ("unit", "period", "name", "cluster")}
        bad = [found[bad_of(variable)] for variable in columns.variables]
        yield _metric_rows(place, columns, found, keys, reduce(pc.add, bad))


def _rows_of_facts(look: _Look) -> Iterator[tuple[str, Input]]:
    for name in look.variables.fact_names:
        dataset = look.study.catalog.facts[name].dataset
        yield f"rows_{name}", look.lake.trusted(dataset).files(look.inputs[dataset])


def _metric_rows(
    place: int,
    columns: ReadingColumns,
    found: pa.Table,
    keys: Mapping[str, pa.ChunkedArray],
    undefined: pa.ChunkedArray,
) -> pa.Table:
    y, d = columns.y, columns.d
    assert y is not None
    values = {**keys, "undefined": undefined, "y": found[y.name], "d": None if d is None else found[d.name]}
    return sample_rows(place, columns.key, values, (y.scale, 0 if d is None else d.scale))


def _by_unit(look: _Look, place: int, fact_days: FactDays) -> Iterator[pa.Table]:
    """Units of cohorts whose windows have closed."""
    study, offered = look.study, look.exposures
    cohorts = tuple(_distinct(look, "cohort_day"))
    if not cohorts:
        return
    metrics = measured_metrics(study)
    maturity = maturity_of(study, cohorts, fact_days, look.as_of, metrics.values())
    groups = Groups(min(cohorts), tuple(_distinct(look, "arm")), {})
    inputs, sizes = fact_inputs(study, look.variables, cohorts, look.lake)
    given = CohortPass(study, look.variables, groups, cohorts, maturity.cohorts, sizes)
    with look.engine.session({"exposures": offered, **groups.inputs, **inputs}) as session:
        found = unit_rows(session, given)
    for columns in look.variables.columns:
        days = pa.array(maturity.cohorts[columns.metric.name], pa.date32())
        counted = found.filter(pc.is_in(found["cohort_day"], days))
        keys = {"unit": counted["unit"].cast(pa.string()), "period": counted["cohort_day"]}
        yield _metric_rows(place, columns, counted, keys, _undefined(counted, columns))


def _undefined(rows: pa.Table, columns: ReadingColumns) -> pa.ChunkedArray:
    """Rows without a finite value that a unit's metric has; none where its measures cannot have any."""
    names = {bad_column(total.name) for variable in columns.variables for total in variable.totals}
    bad = [rows[name] for name in sorted(names) if name in rows.column_names]
    return reduce(pc.add, bad) if bad else pa.chunked_array([pa.repeat(0, len(rows))])


def _distinct(look: _Look, name: str) -> list[Any]:
    """Values of a column of the exposures that count, in order."""
    query = exp.select(named(column(name), "value")).distinct().from_(exp.to_table("exposures", quoted=True))
    query = query.where(exp.not_(column("mixed"))).order_by(exp.column("value", quoted=True))
    return [row["value"] for row in look.engine.table(query, {"exposures": look.exposures}).to_pylist()]
