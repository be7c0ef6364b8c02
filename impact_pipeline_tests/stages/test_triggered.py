"""A triggered study through all its stages: units are assigned in one place and exposed in another, later, or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.pages import study_body
from impact_pipeline.stages.blast_radius import on_call
from impact_pipeline.stages.staleness import stale_studies
from impact_pipeline.stages.study import STAGES, current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog
from impact_pipeline_tests.stages.small_workspace import opened

FIRST, LAST = date(2026, 3, 4), date(2026, 3, 9)
DAYS = tuple((FIRST + timedelta(days=n)).isoformat() for n in range(6))
PLAN = document("studies/ranker_v2.yaml")
METRICS = PLAN.split("metrics:")[1].split("segments:")[0]
RULE = "exposure: {dataset: exposures, arm_column: arm, exposed_at: exposed_at}\n"
BOTH = RULE.replace("}", ", filter: device = 'search'}") + RULE.replace("exposure:", "assignment:").replace(
    "}", ", filter: device = 'assigned'}"
)
TRIGGERED = (
    PLAN.replace(METRICS, "\n  - {metric: plain, role: success}\n").replace(RULE, BOTH).split("segments:")[0]
    + "decision: {min_units_per_arm: 2}\n"
)
PLAIN = (
    document("metrics/revenue.yaml")
    .replace("name: revenue", "name: plain")
    .replace("covariates: [revenue_before]\n", "")
)
Rows = dict[str, list[dict[str, Any]]]


def contact(user: int, day: str, hour: int, arm: str, log: str) -> dict[str, Any]:
    return {"user_id": user, "exposed_at": at(f"{day[5:]} {hour:02}:00"), "arm": arm, "device": log}


def rows(seed: int = 1, users: int = 300) -> tuple[Rows, Rows]:
    """Contacts and orders by day: all are assigned, four in ten search within the enrolment and are exposed."""
    rng = np.random.default_rng(seed)
    contacts: Rows = {day: [] for day in DAYS}
    orders: Rows = {day: [] for day in DAYS}
    for user in range(users):
        arm = ("control", "treatment")[int(rng.integers(2))]
        day = int(rng.integers(3))
        contacts[DAYS[day]].append(contact(user, DAYS[day], 1, arm, "assigned"))
        exposed_on = int(rng.integers(day, 3)) if rng.random() < 0.4 else None
        if exposed_on is not None:
            contacts[DAYS[exposed_on]].append(contact(user, DAYS[exposed_on], 2, arm, "search"))
        for on in range(6):
            treated = exposed_on is not None and on >= exposed_on and arm == "treatment"
            for _ in range(int(rng.poisson(1.5 if treated else 1.0))):
                order = {"amount": Decimal(int(rng.integers(500, 1500))) / 100, "items": 1, "channel": "web"}
                orders[DAYS[on]].append({"user_id": user, "ordered_at": at(f"{DAYS[on][5:]} 12:00"), **order})
    return contacts, orders


CONTACTS, ORDERS = rows()


def run(home: Path, plan: str = TRIGGERED, contacts: Rows = CONTACTS) -> tuple[Workspace, Study]:
    changes = {"studies/ranker_v2.yaml": plan, "metrics/plain.yaml": PLAIN}
    catalog = write_catalog(home / "catalog", fold="direct", changes=changes)
    workspace = replace(opened(home / "other"), catalog=catalog, lake=Lake(home))
    for day in DAYS:
        publish(workspace.lake, "exposures", day, contacts[day])
        publish(workspace.lake, "orders", day, ORDERS[day])
    look(workspace, catalog.study("ranker_v2"))
    return workspace, catalog.study("ranker_v2")


def look(workspace: Workspace, study: Study) -> None:
    for stage in STAGES.values():
        stage(workspace, study, LAST)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Study]:
    return run(tmp_path_factory.mktemp("triggered"))


def cells_of(workspace: Workspace, table: str) -> Cells:
    return read_cells(workspace.lake.cells(table), ENGINE)


def by_hand(log: str) -> dict[str, list[int]]:
    """Revenue in cents over three days from each unit's first contact in one of the logs, by arm."""
    first: dict[int, dict[str, Any]] = {}
    for contacts in CONTACTS.values():
        for row in contacts:
            if row["device"] == log:
                first.setdefault(row["user_id"], row)
    found: dict[str, list[int]] = {"control": [], "treatment": []}
    for user, row in first.items():
        days = [(row["exposed_at"].date() + timedelta(days=n)).isoformat() for n in range(3)]
        mine = [o for day in days for o in ORDERS[day] if o["user_id"] == user and o["ordered_at"] >= row["exposed_at"]]
        found[row["arm"]].append(sum(int(o["amount"] * 100) for o in mine))
    return found


@pytest.mark.parametrize(("log", "table"), [("search", "ranker_v2"), ("assigned", "ranker_v2.assigned")])
def test_cells_of_both_bases_equal_a_count_by_hand(done: tuple[Workspace, Study], log: str, table: str) -> None:
    cells = cells_of(done[0], table)
    for arm, values in by_hand(log).items():
        found = cells.moments("plain", arm)
        assert (found.n, found.y, found.yy) == (len(values), sum(values), sum(v * v for v in values))


def card_of(workspace: Workspace) -> Scorecard:
    return current_scorecard(workspace.lake, "ranker_v2")


def test_the_basis_that_decides_stands_first(done: tuple[Workspace, Study]) -> None:
    estimates = card_of(done[0]).estimates
    [exposed], [assigned] = estimates.results, estimates.other_basis
    assert isinstance(exposed, Estimate)
    assert isinstance(assigned, Estimate)
    means = {log: {arm: np.mean(v) / 100 for arm, v in by_hand(log).items()} for log in ("search", "assigned")}
    assert exposed.means == pytest.approx(means["search"])
    assert assigned.means == pytest.approx(means["assigned"])
    assert estimates.basis == "exposed"
    assert (exposed.estimand[:17], assigned.estimand[:18]) == ("ATE (exposed unit", "ATE (assigned unit")


def test_the_plan_may_decide_on_all_assigned_units(done: tuple[Workspace, Study], tmp_path: Path) -> None:
    workspace, _ = run(tmp_path, TRIGGERED + "basis: assigned\n")
    before, after = card_of(done[0]), card_of(workspace)
    assert after.estimates.basis == "assigned"
    assert (after.estimates.results, after.estimates.other_basis) == (
        before.estimates.other_basis, before.estimates.results,
    )  # fmt: skip
    assert sum(after.exposed_per_arm.values()) == 300
    assert workspace.lake.cells("ranker_v2.exposed").state() is not None


def finding(workspace: Workspace, name: str) -> Finding:
    return next(found for found in card_of(workspace).findings if found.diagnostic == name)


def test_both_bases_are_checked(done: tuple[Workspace, Study]) -> None:
    ratio, dilution = (finding(done[0], name) for name in ("other_basis_ratio", "trigger_dilution"))
    assert ratio.sentence.startswith("Among assigned units: The arms' units fit their planned shares")
    assert (ratio.passed, dilution.passed) == (True, True)
    assert dilution.details["trigger_rate"] == pytest.approx(sum(map(len, by_hand("search").values())) / 300)
    assert finding(done[0], "unassigned_exposure").statistic == 0


def test_units_exposed_without_being_assigned_are_counted(tmp_path: Path) -> None:
    stray = [
        contact(900, DAYS[0], 5, "control", "search"),
        contact(901, DAYS[0], 5, "control", "search"), contact(901, DAYS[1], 1, "control", "assigned"),
        contact(902, DAYS[0], 1, "treatment", "assigned"), contact(902, DAYS[0], 5, "control", "search"),
    ]  # fmt: skip
    contacts = {day: [*CONTACTS[day], *(c for c in stray if c["exposed_at"].date().isoformat() == day)] for day in DAYS}
    workspace, _ = run(tmp_path, contacts=contacts)
    found = finding(workspace, "unassigned_exposure")
    assert (found.passed, found.details, found.consequence) == (False, {"unassigned_units": 3}, "hold")


def test_a_restated_assignment_makes_the_look_stale(tmp_path: Path) -> None:
    workspace, study = run(tmp_path)
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    again = [*CONTACTS[DAYS[1]], contact(950, DAYS[1], 3, "control", "assigned")]
    publish(workspace.lake, "exposures", DAYS[1], again, generation="2")
    assert [stale.partition for stale in stale_studies(workspace.catalog, workspace.lake)] == ["ranker_v2"]
    look(workspace, study)
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    assert sum(cells_of(workspace, "ranker_v2.assigned").exposed(arm) for arm in study.arms) == 301
    assert on_call(workspace.catalog, workspace.lake) == ()


def test_a_look_stopped_between_the_bases_is_stale(tmp_path: Path) -> None:
    workspace, study = run(tmp_path)
    first, second = study.bases
    assert (first.table, second.table) == ("ranker_v2", "ranker_v2.assigned")
    late = {"user_id": 1, "ordered_at": at("03-08 12:00"), "amount": Decimal(9), "items": 1, "channel": "web"}
    publish(workspace.lake, "orders", DAYS[4], [*ORDERS[DAYS[4]], late], generation="2")
    STAGES["exposures"](workspace, study, LAST)
    STAGES["cells"](workspace, replace(study, plan=study.plan.model_copy(update={"assignment": None})), LAST)
    assert [stale.partition for stale in stale_studies(workspace.catalog, workspace.lake)] == ["ranker_v2"]


def test_the_report_shows_both_bases(done: tuple[Workspace, Study]) -> None:
    page = study_body(Look(card_of(done[0]), done[1]), (), None)
    assert "On the other basis: all assigned units" in page
