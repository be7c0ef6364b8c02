"""Schedules and the repair sensor ask for exactly what pure functions say is due or stale."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pyarrow as pa

from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.defs.partitions import AS_OF_TAG
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline_tests.contracts.orders import stage
from impact_pipeline_tests.small_shop import at, publish
from impact_pipeline_tests.stages.small_workspace import LAST, NOW, build_features, look, opened, with_data

COMING = (LAST + timedelta(days=1)).isoformat()


def asked_by_repair(home: Path, *ended: dg.RunRequest) -> list[dg.RunRequest]:
    """What the sensor asks for on an instance where the given requests have run and failed."""
    definitions = definitions_of(home)
    sensor = definitions.resolve_sensor_def("repair")
    with dg.DagsterInstance.ephemeral() as instance:
        for request in ended:
            tags = {"dagster/run_key": str(request.run_key)}
            instance.add_run(
                dg.DagsterRun(job_name=str(request.job_name), status=dg.DagsterRunStatus.FAILURE, tags=tags)
            )
        resources = {"workspace": WorkspaceResource(home=str(home))}
        with dg.build_sensor_context(instance=instance, resources=resources, definitions=definitions) as context:
            return list(sensor.evaluate_tick(context).run_requests or [])


def told(requests: list[dg.RunRequest]) -> set[tuple[str | None, str | None, tuple[str, ...]]]:
    selected = [tuple("/".join(key.path) for key in request.asset_selection or ()) for request in requests]
    return {(r.job_name, r.partition_key, assets) for r, assets in zip(requests, selected, strict=True)}


def test_repair_asks_for_what_a_restated_day_outdates_and_for_nothing_else(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    look(workspace)
    row = {"user_id": 1, "ordered_at": at("03-05 20:00"), "amount": Decimal(99), "items": 1, "channel": "app"}
    publish(workspace.lake, "orders", "2026-03-05", [row], generation="2")
    asked = told(asked_by_repair(tmp_path))
    revenue = {("features_shop", f"2026-03-0{day}", ("features/revenue_before",)) for day in (6, 7, 8, 9)}
    assert asked == {
        ("data_shop", "2026-03-05", ("unit_days/orders",)),
        ("features_shop", COMING, ("features/country",)),
        ("studies", "ranker_v2", ()),
        *revenue,
    }


def test_the_same_inputs_are_asked_for_under_the_same_run_key(tmp_path: Path) -> None:
    with_data(opened(tmp_path))
    first, second = asked_by_repair(tmp_path), asked_by_repair(tmp_path)
    keys = [request.run_key for request in first]
    assert keys == [request.run_key for request in second]
    assert len(set(keys)) == len(keys) > 0


def test_what_ran_and_failed_is_left_to_on_call_and_holds_up_nothing(tmp_path: Path) -> None:
    with_data(opened(tmp_path))
    asked = asked_by_repair(tmp_path)
    assert "portfolio" not in [request.job_name for request in asked]
    assert [request.job_name for request in asked_by_repair(tmp_path, *asked)] == ["portfolio"]
    assert [request.run_key for request in asked_by_repair(tmp_path, *asked[1:])] == [asked[0].run_key]


def test_a_staged_day_is_published_with_its_quarantine(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    stage(workspace.lake, pa.table({"user_id": pa.array([1], pa.int64())}))
    asked = told(asked_by_repair(tmp_path))
    assert asked == {("data_shop", "2026-03-05", ("trusted/orders", "quarantine/orders"))}


def test_money_and_site_follow_once_nothing_else_is_stale(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    look(workspace)
    build_features(opened(tmp_path, NOW + timedelta(hours=1)), COMING)
    asked = asked_by_repair(tmp_path)
    assert [request.job_name for request in asked] == ["portfolio"]


def test_the_schedule_asks_for_the_studies_due_the_night_before(tmp_path: Path) -> None:
    with_data(opened(tmp_path))
    schedule = definitions_of(tmp_path).resolve_schedule_def("studies_due")
    resources = {"workspace": WorkspaceResource(home=str(tmp_path))}
    for morning, due in ((datetime(2026, 3, 5, 6, tzinfo=UTC), True), (datetime(2026, 3, 20, 6, tzinfo=UTC), False)):
        with dg.build_schedule_context(scheduled_execution_time=morning, resources=resources) as context:
            ticked = schedule.evaluate_tick(context)
        requests = ticked.run_requests or []
        assert bool(requests) is due
        if due:
            assert requests[0].tags[AS_OF_TAG] == "2026-03-04"
            assert requests[0].tags["dagster/asset_partition_range_start"] == "ranker_v2"
        else:
            assert ticked.skip_message == "no study is due on 2026-03-19"
