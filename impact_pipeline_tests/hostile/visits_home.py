"""A home whose one dataset is that of the hostile files: visits of users in two arms, as delivered by day."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.data import extract, publish, validate
from impact_pipeline.stages.guarded import StageFailed, guarded, note_refusal
from impact_pipeline.stages.study import STAGES, look_date
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.hostile.cases import DATA
from impact_pipeline_tests.registered import register_all

STUDY, DATASET = "shorter_page", "visits"
DAY, LAST = date(2026, 3, 5), date(2026, 3, 6)
NOW = datetime(2026, 3, 7, 4, tzinfo=UTC)
SECRET = {"IMPACT_PSEUDONYM_KEY": "the key of visitors that do not exist"}

_OWNED = "owner: team:web\ndescription: test\n"
_IDENTIFIER = "[{property: impact.role, value: identifier}, {property: impact.entity, value: user}]"
DOCUMENTS: Mapping[str, str] = {
    "sources/site.yaml": f"""
type: files
name: site
{_OWNED}root: raw
first_day: 2026-03-05
datasets:
  visits: {{format: parquet, path: "visits/{{day}}/*.parquet"}}
""",
    "contracts/visits.yaml": f"""
apiVersion: v3.1.0
kind: DataContract
id: visits
name: visits
version: 1.0.0
status: active
description: {{purpose: test}}
team: {{name: "team:web"}}
schema:
  - name: visits
    properties:
      - {{name: user_key, logicalType: string, physicalType: VARCHAR, required: true, primaryKey: true,
         customProperties: {_IDENTIFIER}}}
      - {{name: arm, logicalType: string, physicalType: VARCHAR, required: true}}
      - {{name: device, logicalType: string, physicalType: VARCHAR}}
      - {{name: revenue, logicalType: number, physicalType: DOUBLE, logicalTypeOptions: {{minimum: 0}}}}
      - {{name: clicks, logicalType: integer, physicalType: BIGINT, required: true}}
      - {{name: event_ts, logicalType: timestamp, physicalType: TIMESTAMPTZ, required: true}}
customProperties:
  - {{property: impact.onBreach, value: quarantine}}
  - {{property: impact.eventAt, value: event_ts}}
""",
    "facts/visits.yaml": f"""
name: visits
{_OWNED}dataset: visits
entity: user
event_at: event_ts
measures:
  revenue: {{expression: "coalesce(revenue, 0)", unit: EUR, scale: 2}}
  visits: {{expression: "1", unit: visit}}
""",
    "metrics/revenue.yaml": f"""
type: mean
name: revenue
version: 1
{_OWNED}label: Revenue per user
unit: EUR
better: higher
value: {{fact: visits, measure: revenue}}
window: {{days: 1}}
""",
    "models/pages.yaml": f"""
name: pages
{_OWNED}product_area: site
versions:
  - {{version: "1", notes: long}}
  - {{version: "2", notes: short}}
""",
    "studies/shorter_page.yaml": f"""
apiVersion: impact-plan/v1
name: shorter_page
{_OWNED}title: Shorter page
change: {{model: pages, from_version: "1", to_version: "2"}}
hypothesis: better
entity: user
design: {{type: randomized, arms: {{control: 0.5, treatment: 0.5}}, control: control}}
exposure: {{dataset: visits, arm_column: arm, exposed_at: event_ts}}
starts: 2026-03-05
ends: 2026-03-06
metrics:
  - {{metric: revenue, role: success}}
segments:
  device: {{type: column, column: device}}
aa_check: false
decision: {{min_units_per_arm: 2, alpha: 0.05}}
""",
}


def write_documents(home: Path, changes: Mapping[str, str] | None = None) -> Path:
    """The catalog below the home, some documents replaced or added."""
    for file, text in {**DOCUMENTS, **(changes or {})}.items():
        path = home / "catalog" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return home


def workspace_of(home: Path, now: datetime = NOW) -> Workspace:
    catalog = read_catalog(home / "catalog")
    return Workspace(catalog, Lake(home), DuckDBEngine(threads=1), SECRET, generation_of(now), now)


def opened(home: Path, changes: Mapping[str, str] | None = None, *, registered: bool = True) -> Workspace:
    """A new home; its plan is registered before any data come."""
    write_documents(home, changes)
    if registered:
        register_all(home)
    return workspace_of(home)


def later(workspace: Workspace, hours: int) -> Workspace:
    """The same home some hours on."""
    now = workspace.now + timedelta(hours=hours)
    return replace(workspace, now=now, generation=generation_of(now))


def deliver(workspace: Workspace, given: pa.Table | str, day: date = DAY) -> None:
    """Put rows, or one of the hostile files, where the source delivers the day."""
    path = workspace.home / "raw" / "visits" / day.isoformat() / "part-0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(given, str):
        shutil.copyfile(DATA / f"{given}.parquet", path)
    else:
        pq.write_table(given, path)


def base_rows(day: date = DAY, **columns: Any) -> pa.Table:
    """The clean file's rows, of another day's users where it is another day, with columns replaced."""
    rows = pq.read_table(DATA / "base_2026-03-05.parquet")
    if day != DAY:
        moved = pc.add(rows["event_ts"], pa.scalar(day - DAY, pa.duration("us"))).cast(rows["event_ts"].type)
        named = pc.binary_join_element_wise(rows["user_key"], day.isoformat(), "-")
        rows = rows.set_column(5, "event_ts", moved).set_column(0, "user_key", named)
    for name, values in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return rows


def load(workspace: Workspace, day: date = DAY) -> str:
    """Take a day through its stages as a night does; what failed, in the words that on-call reads."""
    text = day.isoformat()
    try:
        guarded(workspace, f"raw/{DATASET}", text, lambda: extract(workspace, DATASET, day))
        report = validate(workspace, DATASET, day)
        if not report.accepted:
            note_refusal(workspace, report)
        guarded(workspace, f"trusted/{DATASET}", text, lambda: publish(workspace, DATASET, day))
    except StageFailed as failed:
        return str(failed)
    return ""


def look(workspace: Workspace, night: date = LAST) -> None:
    """Take the study through all stages, as a night does."""
    study = workspace.catalog.study(STUDY)
    for stage in STAGES.values():
        stage(workspace, study, look_date(study, workspace.lake, night))
