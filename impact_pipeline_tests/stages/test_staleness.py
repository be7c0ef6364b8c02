"""Exactly what its inputs outdate is stale, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.errors import ContractBreach
from impact_pipeline.stages.data import publish as publish_staged
from impact_pipeline.stages.portfolio import make_impact
from impact_pipeline.stages.staleness import due_or_stale, stale_data, stale_portfolio, stale_studies
from impact_pipeline.stages.study import STAGES
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.contracts.orders import stage
from impact_pipeline_tests.small_shop import at, publish, write_catalog
from impact_pipeline_tests.stages.small_workspace import LAST, NOW, derive, look, opened, with_data

DAY = "2026-03-05"
DELIVERED = {
    "user_id": pa.array([1, 2], pa.int64()),
    "ordered_at": pa.array([at("03-05 18:00"), at("03-05 19:00")], pa.timestamp("us", "UTC")),
    "amount": pa.array([Decimal(1), Decimal(2)], pa.decimal128(12, 2)),
    "items": pa.array([1, 1], pa.int64()),
    "channel": pa.array(["web", "app"]),
}
"""A day of orders as it is staged."""


def restate(home: Path, day: str) -> None:
    row = {"user_id": 1, "ordered_at": at(f"{day[5:]} 20:00"), "amount": Decimal(99), "items": 1, "channel": "app"}
    publish(opened(home).lake, "orders", day, [row], generation="2")


def stale_publications(workspace: Workspace) -> list[str]:
    stale = stale_data(workspace.catalog, workspace.lake)
    assert {item.partition for item in stale if item.asset == "trusted/orders"} <= {DAY}
    return [item.wanted for item in stale if item.asset == "trusted/orders"]


def test_a_staged_day_is_stale_until_its_rows_are_published(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    stage(workspace.lake, pa.table(DELIVERED))
    first = stale_publications(workspace)
    assert len(first) == 1
    publish_staged(workspace, "orders", date.fromisoformat(DAY))
    assert stale_publications(workspace) == []
    stage(workspace.lake, pa.table(DELIVERED).slice(1), generation="2")
    (again,) = stale_publications(workspace)
    assert again not in first


def test_a_refused_day_is_not_asked_for_again_before_delivery_or_contract_change(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    stage(workspace.lake, pa.table(DELIVERED).slice(0, 0))
    assert len(stale_publications(workspace)) == 1
    with pytest.raises(ContractBreach):
        publish_staged(workspace, "orders", date.fromisoformat(DAY))
    assert stale_publications(workspace) == []
    written = (tmp_path / "catalog" / "contracts" / "orders.yaml").read_text()
    contract = written.replace("{name: channel,", "{name: channel, required: true,")
    catalog = write_catalog(tmp_path / "catalog", changes={"contracts/orders.yaml": contract})
    asked = [item.asset for item in stale_data(catalog, workspace.lake)]
    assert asked == ["trusted/orders"]
    stage(workspace.lake, pa.table(DELIVERED), generation="2")
    assert len(stale_publications(workspace)) == 1


def test_a_derived_lake_has_only_the_coming_feature_day_to_do(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    coming = (LAST + timedelta(days=1)).isoformat()
    stale = stale_data(workspace.catalog, workspace.lake)
    assert [(item.asset, item.partition) for item in stale] == [
        ("features/country", coming),
        ("features/revenue_before", coming),
    ]


def test_a_restated_day_outdates_its_fold_and_the_features_that_look_back_on_it(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    derive(workspace)
    before = set(stale_data(workspace.catalog, workspace.lake))
    restate(tmp_path, "2026-03-05")
    fresh = [(s.asset, s.partition) for s in stale_data(workspace.catalog, workspace.lake) if s not in before]
    assert fresh == [
        ("features/revenue_before", "2026-03-06"),
        ("features/revenue_before", "2026-03-07"),
        ("features/revenue_before", "2026-03-08"),
        ("unit_days/orders", "2026-03-05"),
    ]


def test_a_look_is_stale_when_what_it_read_was_restated(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    look(workspace)
    assert stale_studies(workspace.catalog, workspace.lake) == ()
    restate(tmp_path, "2026-03-05")
    derive(opened(tmp_path, NOW + timedelta(hours=1)))
    (stale,) = stale_studies(workspace.catalog, workspace.lake)
    assert (stale.asset, stale.partition) == ("study/verdict", "ranker_v2")
    assert stale.wanted.startswith(f"{LAST.isoformat()} ")
    look(opened(tmp_path, NOW + timedelta(hours=2)))
    assert stale_studies(workspace.catalog, workspace.lake) == ()


def test_a_study_of_which_one_stage_was_made_is_stale_until_the_others_follow(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    catalog, lake = workspace.catalog, workspace.lake
    study = catalog.study("ranker_v2")
    asked: list[str] = []
    for make in STAGES.values():
        asked += [stale.wanted for stale in stale_studies(catalog, lake)]
        make(workspace, study, LAST)
    assert stale_studies(catalog, lake) == ()
    assert len(set(asked)) == len(asked) == len(STAGES) - 1
    assert all(wanted.startswith(f"{LAST.isoformat()} ") for wanted in asked)


def test_a_study_is_stale_when_only_its_exposures_were_made_again(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    look(workspace)
    row = {"user_id": 99, "exposed_at": at("03-05 09:00"), "arm": "control", "device": "x"}
    publish(workspace.lake, "exposures", "2026-03-05", [row], generation="2")
    later = opened(tmp_path, NOW + timedelta(hours=1))
    STAGES["exposures"](later, later.catalog.study("ranker_v2"), LAST)
    (stale,) = stale_studies(later.catalog, later.lake)
    assert stale.partition == "ranker_v2"
    look(later)
    assert stale_studies(later.catalog, later.lake) == ()


def test_each_distinct_input_is_asked_for_under_its_own_name(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    restate(tmp_path, "2026-03-05")
    first = {s for s in stale_data(workspace.catalog, workspace.lake) if s.asset == "unit_days/orders"}
    again = {s for s in stale_data(workspace.catalog, workspace.lake) if s.asset == "unit_days/orders"}
    assert first == again
    row = {"user_id": 2, "ordered_at": at("03-05 21:00"), "amount": Decimal(1), "items": 1, "channel": "app"}
    publish(workspace.lake, "orders", "2026-03-05", [row], generation="3")
    (other,) = (s for s in stale_data(workspace.catalog, workspace.lake) if s.asset == "unit_days/orders")
    assert other not in first


def test_a_night_looks_at_studies_due_and_at_those_restated(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    catalog, lake = workspace.catalog, workspace.lake
    assert due_or_stale(catalog, lake, date(2026, 3, 3)) == ()
    assert due_or_stale(catalog, lake, date(2026, 3, 4)) == ("ranker_v2",)
    assert due_or_stale(catalog, lake, date(2026, 3, 8)) == ("ranker_v2",)
    assert due_or_stale(catalog, lake, date(2026, 3, 9)) == ()
    look(workspace)
    restate(tmp_path, "2026-03-05")
    derive(opened(tmp_path, NOW + timedelta(hours=1)))
    assert due_or_stale(catalog, lake, date(2026, 3, 20)) == ("ranker_v2",)


def test_money_is_stale_until_it_covers_the_newest_verdicts(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    catalog, lake = workspace.catalog, workspace.lake
    assert stale_portfolio(catalog, lake) is not None
    make_impact(workspace)
    assert stale_portfolio(catalog, lake) is None
    look(workspace)
    assert stale_portfolio(catalog, lake) is not None


def test_an_archived_study_is_not_due(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    plan = (tmp_path / "catalog" / "studies" / "ranker_v2.yaml").read_text()
    catalog = write_catalog(tmp_path / "catalog", changes={"studies/ranker_v2.yaml": plan + "status: archived\n"})
    assert due_or_stale(catalog, workspace.lake, date(2026, 3, 5)) == ()
