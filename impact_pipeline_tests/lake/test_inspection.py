from __future__ import annotations

import json
from pathlib import Path

import pytest

from impact_pipeline.lake.inspection import inspect
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.contracts.orders import DAY, orders, stage
from impact_pipeline_tests.lake.test_tables import OTHER, publish


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    stage(made, orders())
    publish(made.trusted("orders"), OTHER, [1, 2])
    return made


def pointer(lake: Lake) -> Path:
    return lake.root / "raw" / "orders" / DAY / "current.json"


def test_a_whole_lake_has_no_fault(lake: Lake) -> None:
    found = inspect(lake)
    assert (found.partitions, found.staged_days, found.faults) == (1, 1, ())


def test_a_staged_day_of_other_rows_is_named(lake: Lake) -> None:
    [path] = pointer(lake).parent.glob("*.parquet")
    stage(lake, orders(items=[9, 9, 9, 9]), day="2026-03-09")
    [other] = (lake.root / "raw" / "orders" / "2026-03-09").glob("*.parquet")
    path.write_bytes(other.read_bytes())
    [fault] = inspect(lake).faults
    assert fault.startswith(f"raw/orders/{DAY}/{path.name}: 4 rows of fingerprint ")
    path.write_bytes(b"no parquet")
    assert inspect(lake).faults == (f"raw/orders/{DAY}/{path.name}: cannot be read; changed after it was written",)
    path.unlink()
    assert inspect(lake).faults == (f"raw/orders/{DAY}/current.json: names {path.name}, which is not there",)


@pytest.mark.parametrize(
    ("change", "told"),
    [({"day": "2026-03-07"}, "says that it is of orders 2026-03-07"), (None, "cannot be read")],
)
def test_a_changed_pointer_of_a_staged_day_is_named(lake: Lake, change: dict[str, str] | None, told: str) -> None:
    content = json.loads(pointer(lake).read_text())
    pointer(lake).write_text("{" if change is None else json.dumps({**content, **change}))
    [fault] = inspect(lake).faults
    assert fault.startswith(f"raw/orders/{DAY}/current.json: {told}")


def test_a_table_whose_log_cannot_be_read_is_named_and_the_others_are_inspected(lake: Lake) -> None:
    publish(lake.trusted("users"), OTHER, [1])
    path = lake.trusted("orders").path / "_delta_log" / f"{0:020}.json"
    path.write_text(path.read_text().replace("{", "[", 1))
    found = inspect(lake)
    assert found.partitions == 1
    [fault] = found.faults
    assert fault.startswith(f"trusted/orders/_delta_log/{path.name}: the commit cannot be read")


def test_a_commit_that_says_nothing_of_what_it_published_is_named(lake: Lake) -> None:
    path = lake.trusted("orders").path / "_delta_log" / f"{0:020}.json"
    path.write_text(path.read_text().replace("commitInfo", "commitInfx"))
    [fault] = inspect(lake).faults
    assert fault == f"trusted/orders: _delta_log/{path.name}: the commit does not say what it published"
