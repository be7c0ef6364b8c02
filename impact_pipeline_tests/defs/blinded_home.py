"""A home whose study has a strong planted effect, looked at through Dagster, and everything that readers are given."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import dagster as dg
from deltalake import DeltaTable
from rich.console import Console

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.defs.automation import PORTFOLIO_JOB, STUDIES_JOB
from impact_pipeline.defs.partitions import AS_OF_TAG, range_tags
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.terminal import summary_rows, summary_table
from impact_pipeline.stages.portfolio import entries
from impact_pipeline.stages.study import STAGES
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.registered import register_all
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog
from impact_pipeline_tests.stages.small_workspace import DAYS, derive

STUDY, OLD, NEW = "ranker_v2", "frozen_ranker", "learning_ranker"
EARLY, PLANNED = date(2026, 3, 6), date(2026, 3, 8)
USERS = 240
PLAN = "studies/ranker_v2.yaml"
NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)


def plan_text() -> str:
    """The small shop's plan with arms that no other word is like, a guardrail and money."""
    text = document(PLAN).replace("control: control}", f"control: {OLD}}}")
    text = text.replace("{control: 0.5, treatment: 0.5}", f"{{{OLD}: 0.5, {NEW}: 0.5}}")
    guarded = "- {metric: web_buyers, role: guardrail, margin: {absolute: 0.05}}"
    text = text.replace("- {metric: web_buyers, role: exploratory}", guarded)
    return text.replace("segments:", "value: {metric: revenue, per_unit: 1, currency: EUR}\nsegments:")


def made(home: Path, *, harm: bool = False, plan: str | None = None) -> Workspace:
    """Six days of trusted rows: users of the new arm spend half as much again; with `harm` they leave the web."""
    catalog = write_catalog(home / "catalog", changes={PLAN: plan or plan_text()})
    register_all(home, catalog)
    workspace = Workspace(catalog, Lake(home), ENGINE, {}, generation_of(NOW), NOW)
    for number, day in enumerate(DAYS):
        orders = [_order(user, day, harm=harm) for user in range(number % 2, USERS, 2 + (number == 0))]
        seen = [{"user_id": user, "seen_at": at(f"{day[5:]} 01:00"), "country": "A"} for user in range(USERS)]
        contacts = [_contact(user, day) for user in range(USERS)]
        publish(workspace.lake, "orders", day, orders)
        publish(workspace.lake, "profiles", day, seen)
        publish(workspace.lake, "exposures", day, contacts if day == "2026-03-04" else [])
    derive(workspace)
    return workspace


def _arm(user: int) -> str:
    return (OLD, NEW)[user // 2 % 2]


def _order(user: int, day: str, *, harm: bool) -> Mapping[str, Any]:
    spent = Decimal(20 + user % 7) * (Decimal("1.5") if _arm(user) == NEW and day >= "2026-03-04" else 1)
    channel = "app" if harm and _arm(user) == NEW and day >= "2026-03-04" else ("web", "app")[user // 4 % 2]
    return {"user_id": user, "ordered_at": at(f"{day[5:]} 18:00"), "amount": spent, "items": 1, "channel": channel}


def _contact(user: int, day: str) -> Mapping[str, Any]:
    device = ("phone", "desktop")[user // 8 % 2]
    return {"user_id": user, "exposed_at": at(f"{day[5:]} 09:00"), "arm": _arm(user), "device": device}


@dataclass(frozen=True)
class Given:
    """What readers were given after a night: a name of each thing -> its text."""

    texts: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.texts[name]


def night(home: Path, instance: dg.DagsterInstance, as_of: date) -> Given:
    """The look of a night and the report after it, both through Dagster, and all that came of them for readers."""
    definitions = definitions_of(home)
    tags = {**range_tags(STUDY, STUDY), AS_OF_TAG: as_of.isoformat()}
    assert definitions.resolve_job_def(STUDIES_JOB).execute_in_process(instance=instance, tags=tags).success
    return report(home, instance)


def report(home: Path, instance: dg.DagsterInstance) -> Given:
    """Money and pages made anew, and all that readers have then."""
    assert definitions_of(home).resolve_job_def(PORTFOLIO_JOB).execute_in_process(instance=instance).success
    return Given({**dict(_pages(home)), **dict(_recorded(instance)), **dict(_tables(home)), **_printed(home)})


def _pages(home: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((home / "reports").rglob("*.html")):
        yield path.name, path.read_text()


def _recorded(instance: dg.DagsterInstance) -> Iterator[tuple[str, str]]:
    """The newest metadata of every asset that a look or the report makes; a picture by its alternative text."""
    for key in (
        *(("study", stage) for stage in STAGES),
        ("kpis", "impact"),
        ("kpis", "portfolio"),
        ("reports", "site"),
    ):
        event = instance.get_latest_materialization_event(dg.AssetKey(list(key)))
        assert event is not None
        assert event.asset_materialization is not None
        for name, value in event.asset_materialization.metadata.items():
            yield f"{'/'.join(key)} {name}", str(value.value)


def _tables(home: Path) -> Iterator[tuple[str, str]]:
    for name in ("impact", "portfolio"):
        rows = DeltaTable(home / "lake" / "kpis" / name).to_pyarrow_table().to_pylist()
        yield f"kpis/{name}", json.dumps(rows, default=str)


def _printed(home: Path) -> dict[str, str]:
    """The table and the JSON that commands end with."""
    catalog, lake = read_catalog(home / "catalog"), Lake(home)
    listed, out = entries(catalog, lake), StringIO()
    Console(file=out, width=200, color_system=None).print(summary_table(listed, catalog))
    return {"table": out.getvalue(), "json": json.dumps(summary_rows(listed, catalog))}
