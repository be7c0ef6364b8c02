"""Designs other than units given arms one by one: what their documents may say, and where a fault is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER, UNITS_RANDOMISED, washout_minutes
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline.estimators.registry import estimator_for
from impact_pipeline_tests.catalog.mini import DOCUMENTS, write_mini

PLAN = "studies/trial.yaml"
SEGMENTS = "segments:\n  country: {type: feature, feature: country}\n  land: {type: column, column: country}\n"
STORES = (
    "contracts/exposures.yaml",
    '      - {name: arm, logicalType: string, physicalType: "VARCHAR"}\n',
    '      - {name: arm, logicalType: string, physicalType: "VARCHAR"}\n'
    '      - {name: store, logicalType: string, physicalType: "VARCHAR", required: true}\n',
)


def by_cluster(column: str, *more: tuple[str, str, str]) -> tuple[tuple[str, str, str], ...]:
    design = (PLAN, "  type: randomized\n", f"  type: cluster_randomized\n  cluster: {column}\n")
    return STORES, design, (PLAN, SEGMENTS, ""), *more


def told(root: Path, *changes: tuple[str, str, str]) -> str:
    broken = read_sound_part(write_mini(root, *changes)).broken["study", "trial"]
    return "\n".join(map(str, broken))


def test_clusters_are_kept_apart_like_the_values_of_a_segment(tmp_path: Path) -> None:
    found = read_catalog(write_mini(tmp_path, *by_cluster("store"))).study("trial")
    assert CLUSTER in found.splits


def test_units_randomised_one_by_one_have_none(tmp_path: Path) -> None:
    found: Study = read_catalog(write_mini(tmp_path)).study("trial")
    assert CLUSTER not in found.splits


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("shop", "dataset 'exposures' has no column 'shop'; columns are user_id, happened_at, country, arm, store"),
        ("happened_at", "column 'happened_at' is a time; a cluster is an identifier or a dimension"),
        ("user_id", "column 'user_id' identifies the user itself; a cluster holds many, or use 'randomized'"),
        ("country", "column 'country' may be empty; write `required: true` in contract 'exposures'"),
    ],
)
def test_a_cluster_is_a_filled_column_that_is_not_the_unit(tmp_path: Path, column: str, message: str) -> None:
    assert told(tmp_path, *by_cluster(column)) == f"{PLAN}:11: design.cluster: {message}"


def test_clusters_have_no_segments(tmp_path: Path) -> None:
    changes = [change for change in by_cluster("store") if change[1] != SEGMENTS]
    assert told(tmp_path, *changes) == (
        f"{PLAN}:1: document: no effect of clusters is estimated by segment; remove the segments (country, land)"
    )


@pytest.mark.parametrize("looks", ["always_valid", "group_sequential"])
def test_clusters_are_looked_at_once(tmp_path: Path, looks: str) -> None:
    on = "on: [2026-03-04], " if looks == "group_sequential" else ""
    more = (PLAN, "value:", f"looks: {{type: {looks}, {on}planned_units: 100}}\nvalue:")
    assert told(tmp_path, *by_cluster("store", more)) == (
        f"{PLAN}:1: document: looks '{looks}' need units that enrol one by one, not clusters; use 'fixed'"
    )


ASSIGNMENT = "assignment: {dataset: exposures, arm_column: arm, exposed_at: happened_at}\nstarts:"


def test_a_triggered_study_is_measured_on_both_bases(tmp_path: Path) -> None:
    found = read_catalog(write_mini(tmp_path, (PLAN, "starts:", ASSIGNMENT))).study("trial")
    assert [(basis.basis, basis.table) for basis in found.bases] == [
        ("exposed", "trial"), ("assigned", "trial.assigned"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("basis: assigned\nstarts:", ":1: document: basis 'assigned' needs `assignment`: where units are assigned"),
        (
            ASSIGNMENT.replace("exposures", "nope"),
            ":18: assignment.dataset: there is no contract 'nope'; contracts are exposures, orders, visits;",
        ),
        (
            ASSIGNMENT.replace("happened_at", "arm"),
            ":18: assignment.exposed_at: exposed_at 'arm' is VARCHAR; it must be TIMESTAMPTZ",
        ),
        (
            ASSIGNMENT.replace("arm_column: arm", "arm_column: group"),
            ":18: assignment.arm_column: dataset 'exposures' has no column 'group'",
        ),
        (
            ASSIGNMENT.replace("dataset: exposures", "dataset: visits"),
            ":8: entity: dataset 'visits' identifies no user",
        ),
    ],
)
def test_an_assignment_is_read_like_an_exposure(tmp_path: Path, written: str, message: str) -> None:
    assert f"{PLAN}{message}" in told(tmp_path, (PLAN, "starts:", written))


HOLDOUT = DOCUMENTS[PLAN].replace("name: trial", "name: global")


def holding_back(*names: str) -> str:
    return HOLDOUT.replace("type: randomized", f"type: holdout\n  holds_back: [{', '.join(names)}]")


def test_a_holdout_is_analysed_as_units_randomised_one_by_one(tmp_path: Path) -> None:
    found = read_catalog(write_mini(tmp_path, ("studies/global.yaml", "", holding_back("trial")))).study("global")
    assert found.plan.design.type in UNITS_RANDOMISED
    assert estimator_for(found.plan.design.type, *found.readings[0]) is not None


@pytest.mark.parametrize(
    ("names", "field", "message"),
    [
        (["nope"], 0, "there is no study 'nope'; studies are global, trial; correct the name or add the document"),
        (["trial", "trial"], 1, "study 'trial' stands twice; remove one"),
        (["global"], 0, "study 'global' is a holdout, which ships nothing; name the studies whose changes ship"),
    ],
)
def test_a_holdout_names_studies_that_ship(tmp_path: Path, names: list[str], field: int, message: str) -> None:
    broken = read_sound_part(write_mini(tmp_path, ("studies/global.yaml", "", holding_back(*names)))).broken
    [issue] = broken["study", "global"]
    assert str(issue) == f"studies/global.yaml:11: design.holds_back.{field}: {message}"


def test_a_holdout_holds_something_back(tmp_path: Path) -> None:
    broken = read_sound_part(write_mini(tmp_path, ("studies/global.yaml", "", holding_back()))).broken
    assert "design.holds_back" in str(broken["study", "global"][0])


def switching(
    *more: tuple[str, str, str], block: str = "block_minutes: 60, washout_minutes: 10"
) -> list[tuple[str, str, str]]:
    design = "design:\n  type: randomized\n  arms: {control: 0.5, treatment: 0.5}\n  control: control\n"
    arms = "arms: {control: 0.5, treatment: 0.5}, control: control"
    guardrail = "  - {role: guardrail, metric: share, margin: {relative: 0.1}}\n"
    metrics = f"metrics:\n  - {{role: success, metric: revenue}}\n{guardrail}"
    return [
        STORES,
        (PLAN, design, f"design: {{type: switchback, cluster: store, {arms}, {block}}}\n"),
        (PLAN, metrics, "metrics:\n  - {role: success, metric: revenue, window: {days: 1}}\n"),
        (PLAN, SEGMENTS, ""),
        (PLAN, "value: {metric: revenue, per_unit: 0.3, currency: EUR}\n", ""),
        ("metrics/revenue.yaml", "covariates: [revenue_before]\n", ""),
        *more,
    ]


def test_a_switchback_keeps_its_blocks_apart(tmp_path: Path) -> None:
    found = read_catalog(write_mini(tmp_path, *switching())).study("trial")
    assert CLUSTER in found.splits
    assert washout_minutes(found.plan.design) == 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            switching(block="block_minutes: 60, washout_minutes: 60"),
            "9: design: washout_minutes 60 leave nothing of blocks of 60 minutes; shorten them",
        ),
        (
            switching(
                (PLAN, "arms: {control: 0.5, treatment: 0.5}", "arms: {control: 0.5, new: 0.25, treatment: 0.25}")
            ),
            "9: design: a switchback compares two arms; found control, new, treatment",
        ),
        (
            switching((PLAN, "window: {days: 1}", "window: {days: 3}")),
            "18: metrics.0.metric: 'revenue__d0_2' reads days after a block; give it a window of 1 or 2 days",
        ),
        (
            switching(
                ("metrics/revenue.yaml", "window: {days: 7}\n", "window: {days: 7}\ncovariates: [revenue_before]\n")
            ),
            "covariates, which blocks do not; use one without",
        ),
        (
            switching(("facts/orders.yaml", "event_at: happened_at\n", "event_at: happened_at\nfold: unit_days\n")),
            "fact 'orders' is folded into days, which hides a wash-out; fold it 'direct'",
        ),
    ],
)
def test_a_switchbacks_metrics_lie_within_its_blocks(
    tmp_path: Path, changes: list[tuple[str, str, str]], message: str
) -> None:
    assert message in told(tmp_path, *changes)
