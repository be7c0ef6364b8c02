"""A metric type of another package is measured like a bundled one: its class is all there is to write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.catalog.metrics.added_types import forget_types, install
from impact_pipeline_tests.outcomes.shop_rows import LAST, Rows, Unit, by_hand, from_lake, look
from impact_pipeline_tests.small_shop import document, write_catalog

METRIC = """
type: busy_days
name: busy
version: 1
owner: team:data
description: test
label: Busy users
unit: share
better: higher
window: {days: 3}
active: {fact: orders}
least: 2
"""


@pytest.fixture(autouse=True)
def _own_types() -> Iterator[None]:
    forget_types()
    yield
    forget_types()


def busy(unit: Unit) -> tuple[int, int]:
    return int(len({day for day, _ in unit.orders if day <= 2}) >= 2), 0


def test_an_added_type_flows_to_cells(
    shop: tuple[Catalog, Lake, Rows], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch, busy_days="busy_days_metric:BusyDaysMetric")
    _, lake, rows = shop
    plan = document("studies/ranker_v2.yaml").replace("metric: price,", "metric: busy,")
    changes = {"metrics/busy.yaml": METRIC, "studies/ranker_v2.yaml": plan}
    look(write_catalog(tmp_path / "catalog", changes=changes), lake, LAST)
    assert from_lake(lake, "busy") == by_hand(rows, 2, busy)
    assert sum(sums["y"] for sums in from_lake(lake, "busy").values()) > 0
