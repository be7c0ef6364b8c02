"""Feature days as stages: what is recorded, stale and held up, and a learnt covariate in a study."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.errors import LakeError
from impact_pipeline.exposures.expose import expose
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.blast_radius import on_call
from impact_pipeline.stages.feature import build_feature, skill_of
from impact_pipeline.stages.guarded import StageFailed, guarded
from impact_pipeline.stages.staleness import stale_data
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.features.learnt_shop import (
    DOCUMENTS,
    FIRST,
    ON,
    TRAINED_ON,
    build_inputs,
    learnt_catalog,
    order,
    orders,
    publish_orders,
    values,
)
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

VIEW = "features/app_learnt"
NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)


def workspace(home: Path, catalog: Catalog | None = None) -> Workspace:
    return Workspace(catalog or learnt_catalog(home), Lake(home), ENGINE, {}, generation_of(NOW), NOW)


def with_inputs(home: Path) -> Workspace:
    opened = workspace(home)
    publish_orders(opened.lake, orders())
    build_inputs(opened.catalog, opened.lake)
    return opened


def stale_days(opened: Workspace, asset: str = VIEW) -> list[str]:
    return [item.partition for item in stale_data(opened.catalog, opened.lake) if item.asset == asset]


def test_a_learnt_day_records_its_training_its_upstream_and_its_columns_lineage(tmp_path: Path) -> None:
    found = build_feature(with_inputs(tmp_path), "app_learnt", ON)
    assert found.columns == {"unit": "int64", "value": "int64", "day": "date32[day]"}
    assert found.code_version == "learnt/1"
    assert found.facts["training_day"] == TRAINED_ON.isoformat()
    assert found.facts["inputs"] == "web_revenue@1, web_items@1"
    assert 0 < found.facts["r2_out_of_fold"] < 1
    assert set(found.upstream) == {
        *(f"features/{view} {day}" for view in ("web_revenue", "web_items") for day in (TRAINED_ON, ON)),
        *(f"trusted/orders 2026-03-0{day}" for day in (5, 6, 7)),
    }
    value = found.lineage["value"]
    assert {(("features", "web_items"), "value"), (("features", "web_revenue"), "value")} < set(value)
    assert {column for asset, column in value if asset == ("trusted", "orders")} == {"amount", "channel", "ordered_at"}


def test_an_untrained_day_shows_its_reason(tmp_path: Path) -> None:
    opened = with_inputs(tmp_path)
    for view in ("web_revenue", "web_items"):
        build_feature(opened, view, FIRST)
    found = build_feature(opened, "app_learnt", FIRST)
    assert (found.rows, found.facts["days_missing"]) == (0, 0)
    assert found.facts["untrained"].startswith("nothing is known of any unit 3 days before")
    assert "r2_out_of_fold" not in found.facts


def test_the_stage_of_a_sum_records_what_it_read(tmp_path: Path) -> None:
    found = build_feature(with_inputs(tmp_path), "web_items", ON)
    assert (found.facts["lookback_days"], found.facts["days_read"], found.facts["days_missing"]) == (3, 3, 0)
    assert set(found.upstream) == {f"trusted/orders 2026-03-0{day}" for day in (5, 6, 7)}


def test_skill_is_of_units_that_a_model_did_not_see(tmp_path: Path) -> None:
    opened = with_inputs(tmp_path)
    assert not skill_of(opened, "app_learnt", ON).passed
    build_feature(opened, "app_learnt", ON)
    found = skill_of(opened, "app_learnt", ON)
    assert found.passed
    assert set(found.facts) == {"units_trained", "r2_out_of_fold", "r2_in_sample", "input_shift"}


def test_a_day_without_a_model_has_no_skill(tmp_path: Path) -> None:
    opened = with_inputs(tmp_path)
    for view in ("web_revenue", "web_items", "app_learnt"):
        build_feature(opened, view, FIRST)
    found = skill_of(opened, "app_learnt", FIRST)
    assert (found.passed, found.facts["units_trained"]) == (False, 0)


def test_a_missing_input_day_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    opened = workspace(tmp_path)
    publish_orders(opened.lake, orders())
    with pytest.raises(StageFailed, match=r"features/web_items 2026-03-08 not published yet; materialize it first"):
        guarded(opened, VIEW, ON.isoformat(), lambda: build_feature(opened, "app_learnt", ON))
    [failed] = opened.lake.failures.all()
    assert (failed.asset, failed.error) == (VIEW, LakeError.__name__)


def test_a_learnt_day_is_stale_once_its_inputs_stand_and_until_it_is_made(tmp_path: Path) -> None:
    opened = workspace(tmp_path)
    publish_orders(opened.lake, orders())
    assert stale_days(opened) == []
    build_inputs(opened.catalog, opened.lake)
    assert stale_days(opened) == [ON.isoformat()]
    build_feature(opened, "app_learnt", ON)
    assert stale_days(opened) == []


def test_a_restated_day_outdates_inputs_first_and_then_what_was_learnt(tmp_path: Path) -> None:
    opened = with_inputs(tmp_path)
    build_feature(opened, "app_learnt", ON)
    restated = orders()["2026-03-07"] + [order(3, "2026-03-07", "web", 11)]
    publish_orders(opened.lake, {"2026-03-07": restated}, generation="2")
    assert ON.isoformat() in stale_days(opened, "features/web_revenue")
    assert stale_days(opened) == []
    build_inputs(opened.catalog, opened.lake, generation="2")
    assert stale_days(opened) == [ON.isoformat()]


def test_a_changed_document_outdates_what_was_learnt(tmp_path: Path) -> None:
    opened = with_inputs(tmp_path)
    build_feature(opened, "app_learnt", ON)
    changed = workspace(tmp_path, learnt_catalog(tmp_path, model="boosted_stumps"))
    assert stale_days(changed) == [ON.isoformat()]


def test_a_failed_day_holds_up_what_is_learnt_from_it(tmp_path: Path) -> None:
    opened = workspace(tmp_path)
    for asset in ("features/web_items", "trusted/orders", "trusted/profiles"):
        opened.lake.failures.record(Failed(asset, "2026-03-02", "LakeError", "no day", NOW.isoformat()))
    held = {entry.failed.asset: entry.features for entry in on_call(opened.catalog, opened.lake)}
    assert held == {
        "features/web_items": ("app_learnt", "web_items"),
        "trusted/orders": ("app_learnt", "revenue_before", "web_items", "web_revenue"),
        "trusted/profiles": ("country",),
    }


def catalog_of_study(home: Path) -> Catalog:
    """One whose metric has the learnt covariate, and whose units are exposed on its day."""
    metric = document("metrics/revenue.yaml").replace("[revenue_before]", "[app_learnt]")
    plan = document("studies/ranker_v2.yaml").replace("2026-03-04", "2026-03-08").replace("2026-03-06", "2026-03-08")
    plan = plan.replace("  country: {type: feature, feature: country}\n", "")
    learnt = DOCUMENTS["features/app_learnt.yaml"] + "remediation: {missing: 7}\n"
    documents = {"metrics/revenue.yaml": metric, "studies/ranker_v2.yaml": plan, "features/app_learnt.yaml": learnt}
    return write_catalog(home / "catalog", changes={**DOCUMENTS, **documents})


def test_a_study_reads_a_learnt_covariate_as_of_the_day_of_exposure(tmp_path: Path) -> None:
    catalog = catalog_of_study(tmp_path)
    opened = workspace(tmp_path, catalog)
    publish_orders(opened.lake, orders())
    build_inputs(catalog, opened.lake)
    build_feature(opened, "app_learnt", ON)
    known, stranger = values(opened.lake), 10_000
    seen = [
        {"user_id": user, "exposed_at": at("03-08 09:00"), "arm": ("control", "treatment")[user % 2], "device": "x"}
        for user in (*sorted(known)[:20], stranger)
    ]
    publish(opened.lake, "exposures", ON.isoformat(), seen)
    study = catalog.study("ranker_v2")
    assert [feature.name for feature in study.covariates] == ["app_learnt"]
    expose(study, date(2026, 3, 8), lake=opened.lake, engine=ENGINE, generation="1")
    rows = ENGINE.table(exp.select("*").from_("e"), {"e": opened.lake.exposures("ranker_v2").files()}).to_pylist()
    found = {row["unit"]: row["covariate_app_learnt"] for row in rows}
    assert found == {**{user: known[user] for user in sorted(known)[:20]}, stranger: 70_000}
