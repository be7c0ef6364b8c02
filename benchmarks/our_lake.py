"""The workload as the pipeline sees it: catalog documents, trusted tables, features and published exposures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from benchmarks.workload import (
    COHORT_DAYS,
    CONTROL,
    COVARIATES,
    FIRST_DAY,
    LAST_DAY,
    METRICS,
    SCALES,
    SEGMENTS,
    THREE_ARMS,
    TOTAL_SCALES,
    TOTALS,
    TREATMENT,
    WINDOW_DAYS,
    Metric,
)  # fmt: skip
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.exposures.expose import expose
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.lake.tables import LakeTable

GENERATION = "1"
OWNED = "owner: team:benchmarks\ndescription: benchmark workload\n"
COLUMN_TYPES = {0: ("integer", "BIGINT"), 2: ("number", "DECIMAL(12,2)")}


def study_name(metrics: int, segments: int) -> str:
    return f"metrics_{metrics}_segments_{segments}"


STUDIES = ((len(METRICS), 0), (len(METRICS), len(SEGMENTS)), (1, 0))
"""The questions asked: number of metrics and of segments."""

MANY_LOOKS = "many_looks"
"""The study of all metrics and segments in three arms."""


def fill_lake(home: Path, days: Iterable[tuple[str, pa.Table]], cohorts: Mapping[str, pa.Table]) -> None:
    """Write the catalog, publish every day, and expose every study."""
    write_catalog(home / "catalog")
    lake, engine = Lake(home), DuckDBEngine()
    for day, events in days:
        _publish(lake.trusted("events"), day, events)
    for day, table in cohorts.items():
        _publish(lake.trusted("exposures"), day, table.drop_columns(list(COVARIATES)))
        for feature in COVARIATES:
            _publish(
                lake.feature(feature), day, table.select(["unit", feature, "day"]).rename_columns({feature: "value"})
            )
    catalog = read_catalog(home / "catalog")
    for study in map(catalog.study, catalog.plans):
        expose(study, LAST_DAY, lake=lake, engine=engine, generation=GENERATION)


def _publish(table: LakeTable, day: str, rows: pa.Table) -> None:
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    table.publish(reader, generation=GENERATION, input_digest=day, partition=day)


def write_catalog(root: Path) -> None:
    for file, text in _documents():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _documents() -> Iterator[tuple[str, str]]:
    yield "sources/generated.yaml", _source()
    values = {name: COLUMN_TYPES[scale] for name, scale in SCALES.items()}
    yield "contracts/events.yaml", _contract("events", {"event_at": ("timestamp", "TIMESTAMPTZ"), **values})
    text = dict.fromkeys(("arm", "arm_of_three", *SEGMENTS), ("string", "VARCHAR"))
    yield "contracts/exposures.yaml", _contract("exposures", {"exposed_at": ("timestamp", "TIMESTAMPTZ"), **text})
    yield "facts/events.yaml", _fact()
    for feature, scale in COVARIATES.items():
        yield f"features/{feature}.yaml", _feature(feature, scale)
    for metric in METRICS:
        yield f"metrics/{metric.name}.yaml", _metric(metric)
    versions = 'versions: [{version: "1", notes: old}, {version: "2", notes: new}]\n'
    yield "models/ranker.yaml", f"name: ranker\n{OWNED}product_area: search\n{versions}"
    for metrics, segments in STUDIES:
        yield f"studies/{study_name(metrics, segments)}.yaml", _plan(metrics, segments)
    yield f"studies/{MANY_LOOKS}.yaml", _plan_of_three()


def _source() -> str:
    datasets = "".join(
        f'  {name}: {{format: parquet, path: "{name}/{{day}}/*.parquet"}}\n' for name in ("events", "exposures")
    )
    return f"type: files\nname: generated\n{OWNED}root: raw\nfirst_day: {FIRST_DAY}\ndatasets:\n{datasets}"


def _contract(name: str, columns: Mapping[str, tuple[str, str]]) -> str:
    typed = [
        f'{{name: {c}, logicalType: {logical}, physicalType: "{physical}"}}'
        for c, (logical, physical) in columns.items()
    ]
    roles = "customProperties: [{property: impact.role, value: identifier}, {property: impact.entity, value: user}]"
    unit = f'{{name: unit, logicalType: string, physicalType: "VARCHAR", {roles}}}'
    listed = "".join(f"      - {column}\n" for column in (unit, *typed))
    head = f"apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nname: {name}\nversion: 1.0.0\nstatus: active\n"
    purpose = 'description: {purpose: benchmark}\nteam: {name: "team:benchmarks"}\n'
    return f"{head}{purpose}schema:\n  - name: {name}\n    properties:\n{listed}"


def _fact() -> str:
    measures = "".join(
        f'  {t}: {{expression: "{sql}", unit: one, scale: {TOTAL_SCALES[t]}}}\n' for t, sql in TOTALS.items()
    )
    return (
        f"name: events\n{OWNED}dataset: events\nentity: user\nevent_at: event_at\nfold: direct\nmeasures:\n{measures}"
    )


def _feature(name: str, scale: int) -> str:
    measured = f"expression: {name.removesuffix('_before')}\nlookback_days: 14\nscale: {scale}\nunit: one\n"
    return f"type: sum\nname: {name}\nversion: 1\n{OWNED}dataset: events\nentity: user\nevent_at: event_at\n{measured}"


def _metric(metric: Metric) -> str:
    total = "{{fact: events, measure: {}}}".format
    parts = {"value": total(metric.value)}
    if metric.denominator:
        parts = {"numerator": total(metric.value), "denominator": total(metric.denominator)}
    if metric.covariate:
        parts["covariates"] = f"[{metric.covariate}]"
    body = "".join(f"{key}: {value}\n" for key, value in parts.items())
    name = metric.name
    head = f"type: {metric.kind}\nname: {name}\nversion: 1\n{OWNED}label: {name}\nunit: one\nbetter: higher\n"
    return f"{head}window: {{days: {WINDOW_DAYS}}}\n{body}"


def _plan(metrics: int, segments: int) -> str:
    roles = ["success", *(["exploratory"] * (metrics - 1))]
    uses = "".join(f"  - {{metric: {m.name}, role: {role}}}\n" for m, role in zip(METRICS, roles, strict=False))
    split = "".join(f"  {name}: {{type: column, column: {name}}}\n" for name in SEGMENTS[:segments])
    ends = days_between(FIRST_DAY, LAST_DAY)[COHORT_DAYS - 1]
    return (
        f"apiVersion: impact-plan/v1\nname: {study_name(metrics, segments)}\n{OWNED}title: Benchmark\n"
        'change: {model: ranker, from_version: "1", to_version: "2"}\nhypothesis: none\nentity: user\n'
        f"design: {{type: randomized, arms: {{{CONTROL}: 0.5, {TREATMENT}: 0.5}}, control: {CONTROL}}}\n"
        "exposure: {dataset: exposures, arm_column: arm, exposed_at: exposed_at}\n"
        f"starts: {FIRST_DAY}\nends: {ends}\nmetrics:\n{uses}" + (f"segments:\n{split}" if split else "")
    )


def _plan_of_three() -> str:
    shares = ", ".join(f"{arm}: {share}" for arm, share in zip(THREE_ARMS, (0.4, 0.3, 0.3), strict=True))
    whole = _plan(len(METRICS), len(SEGMENTS)).replace(study_name(len(METRICS), len(SEGMENTS)), MANY_LOOKS)
    return whole.replace(f"{CONTROL}: 0.5, {TREATMENT}: 0.5", shares).replace(
        "arm_column: arm,", "arm_column: arm_of_three,"
    )
