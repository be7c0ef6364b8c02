"""Learnt features in Dagster: what they depend on, the check of their models, and repair, which makes inputs first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.defs.checks import LEARNT
from impact_pipeline.defs.night import operating
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline.stages.staleness import stale_data
from impact_pipeline_tests.features.learnt_shop import ON, build, build_inputs, learnt_catalog, orders, publish_orders
from impact_pipeline_tests.small_shop import ENGINE, at, publish

KEY = dg.AssetKey(["features", "app_learnt"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Orders of a week, and a profile of each day."""
    learnt_catalog(tmp_path)
    lake = Lake(tmp_path)
    publish_orders(lake, orders())
    for day in orders():
        seen = [{"user_id": 1, "seen_at": at(f"{day[5:]} 08:00"), "country": "A"}]
        publish(lake, "profiles", day, seen)
    return tmp_path


def test_it_depends_on_inputs_of_its_own_day_and_on_rows_of_days_before(home: Path) -> None:
    asset = definitions_of(home).resolve_assets_def(KEY)
    mappings = {"/".join(key.path): asset.get_partition_mapping(key) for key in asset.dependency_keys}
    offsets = {
        name: (mapping.start_offset, mapping.end_offset)
        for name, mapping in mappings.items()
        if isinstance(mapping, dg.TimeWindowPartitionMapping)
    }
    assert offsets == {"features/web_items": (-3, 0), "features/web_revenue": (-3, 0), "trusted/orders": (-3, -1)}
    assert "python" in asset.specs_by_key[KEY].kinds


def test_its_check_tells_skill_and_blocks_nothing(home: Path) -> None:
    build_inputs(learnt_catalog(home), Lake(home))
    job = definitions_of(home).resolve_job_def("features_shop")
    done = job.execute_in_process(partition_key=ON.isoformat(), asset_selection=[KEY])
    [found] = done.get_asset_check_evaluations()
    assert (found.check_name, found.passed, found.blocking) == (LEARNT, True, False)
    assert found.severity == dg.AssetCheckSeverity.WARN
    assert {"units_trained", "r2_out_of_fold", "r2_in_sample", "input_shift"} == set(found.metadata)
    [made] = done.get_asset_materialization_events()
    metadata = made.step_materialization_data.materialization.metadata
    assert metadata["impact/training_day"].value == "2026-03-05"
    assert metadata["dagster/row_count"].value == done_rows(home)


def done_rows(home: Path) -> int:
    state = Lake(home).feature("app_learnt").state(ON.isoformat())
    assert state is not None
    return state.rows


def test_a_day_without_a_model_warns(home: Path) -> None:
    job = definitions_of(home).resolve_job_def("features_shop")
    views = [dg.AssetKey(["features", view]) for view in ("app_learnt", "web_items", "web_revenue")]
    done = job.execute_in_process(partition_key="2026-03-01", asset_selection=views)
    assert done.success
    [found] = done.get_asset_check_evaluations()
    assert not found.passed
    assert "no history to learn from" in str(found.metadata["untrained"].value)


def test_repair_makes_inputs_first_and_then_what_is_learnt_from_them(home: Path) -> None:
    catalog, lake = learnt_catalog(home), Lake(home)
    for day in map(date.fromisoformat, orders()):
        for view in catalog.features:
            build(catalog, lake, view, day)
        fold_day(catalog, catalog.facts["orders"], day, lake=lake, engine=ENGINE, generation="1")
    with operating(home) as operator:
        runs = operator.repair_data()
        assert stale_data(operator.catalog, operator.lake) == ()
        assert operator.lake.failures.all() == ()
    assert runs == 2
    states = lake.feature("app_learnt").states()
    assert [day for day, state in sorted(states.items()) if state.rows] == [f"2026-03-0{day}" for day in (5, 6, 7, 8)]
    assert len(states) == 8
