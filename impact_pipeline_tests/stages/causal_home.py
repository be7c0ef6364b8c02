"""The small shop with a causal plan: users of whom some adopt, each day's orders, and a look at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.samples.read import read_samples
from impact_pipeline.stages.study import STAGES, current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.registered import register_all
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog
from impact_pipeline_tests.stages.small_workspace import opened

FIRST = date(2026, 3, 4)
DAYS = tuple((FIRST + timedelta(days=n)).isoformat() for n in range(10))
LAST = FIRST + timedelta(days=9)
USERS, ADOPTERS, STARTS = 60, 25, 5
RANDOMISED = "design: {type: randomized, arms: {control: 0.5, treatment: 0.5}, control: control}\n"
METRICS = document("studies/ranker_v2.yaml").split("metrics:")[1].split("segments:")[0]
PLAIN = (
    document("metrics/revenue.yaml")
    .replace("name: revenue", "name: plain")
    .replace("covariates: [revenue_before]\n", "")
    .replace("{days: 3}", "{days: 1}")
)
PER_ORDER = document("metrics/late_revenue_per_order.yaml").replace("late_revenue_per_order", "per_order")


def plan(design: str, sample: str, metrics: str = "{metric: plain, role: success}", more: str = "") -> str:
    """The shop's plan with a causal design."""
    return (
        document("studies/ranker_v2.yaml")
        .replace(RANDOMISED, f"design: {design}\nsample: {sample}\n")
        .replace(METRICS, f"\n  - {metrics}\n")
        .replace("ends: 2026-03-06", f"ends: {LAST}")
        .split("segments:")[0]
        + more
    )  # fmt: skip


PANEL = "{type: panel, treatment: treatment}"
DID = "{type: difference_in_differences}"


def orders() -> dict[str, list[dict[str, Any]]]:
    """Each user's orders by day; adopters order for 3 more a day from the day of their start on."""
    rng = np.random.default_rng(8)
    level = rng.gamma(6, 1, USERS)
    found: dict[str, list[dict[str, Any]]] = {day: [] for day in DAYS}
    for user in range(USERS):
        for number, day in enumerate(DAYS):
            extra = 3.0 if user < ADOPTERS and number >= STARTS else 0.0
            amount = round(float(max(0.5, level[user] + extra + rng.normal(0, 0.8))), 2)
            order = {"user_id": user, "ordered_at": at(f"{day[5:]} 12:00"), "amount": Decimal(str(amount))}
            found[day].append({**order, "items": 1 + user % 3, "channel": "web" if number % 2 else "app"})
    return found


ORDERS = orders()


def contacts(arm: str = "treatment") -> dict[str, list[dict[str, Any]]]:
    started = [
        {"user_id": u, "exposed_at": at(f"{DAYS[STARTS][5:]} 09:00"), "arm": arm, "device": "x"}
        for u in range(ADOPTERS)
    ]
    return {day: started if day == DAYS[STARTS] else [] for day in DAYS}


def home(folder: Path, text: str, exposed: dict[str, list[dict[str, Any]]] | None = None) -> tuple[Workspace, Study]:
    changes = {"studies/ranker_v2.yaml": text, "metrics/plain.yaml": PLAIN, "metrics/per_order.yaml": PER_ORDER}
    catalog = write_catalog(folder / "catalog", fold="direct", changes=changes)
    register_all(folder, catalog)
    workspace = replace(opened(folder / "other"), catalog=catalog, lake=Lake(folder))
    for day in DAYS:
        publish(workspace.lake, "exposures", day, (exposed or contacts())[day])
        publish(workspace.lake, "orders", day, ORDERS[day])
    return workspace, catalog.study("ranker_v2")


def look(workspace: Workspace, study: Study, as_of: date = LAST) -> Scorecard:
    for stage in STAGES.values():
        stage(workspace, study, as_of)
    return current_scorecard(workspace.lake, study.name)


def sample(workspace: Workspace, study: Study, metric: str = "plain", as_of: date = LAST) -> Any:
    look(workspace, study, as_of)
    return read_samples(study, as_of, lake=workspace.lake, engine=ENGINE).of(0, metric)


def amounts(user: int) -> list[float]:
    return [sum(float(o["amount"]) for o in ORDERS[day] if o["user_id"] == user) for day in DAYS]


def everybody() -> dict[str, list[dict[str, Any]]]:
    """Each user meets one of two arms on the first day."""
    rows = [
        {"user_id": u, "exposed_at": at(f"{DAYS[0][5:]} 09:00"), "arm": ("old", "new")[u % 2], "device": str(u % 7)}
        for u in range(USERS)
    ]
    return {day: rows if day == DAYS[0] else [] for day in DAYS}


CASES = "CASE WHEN device = '1' THEN 1 WHEN device = '2' THEN 2 ELSE 0 END"
