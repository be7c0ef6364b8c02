"""Rows whose measure has no finite value: counted once a reading, and in no sum, count or bucket."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline_tests.outcomes.shop_rows import LAST, Rows, Unit, by_hand, from_lake, look
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

HEAD = "name: {name}\nversion: 1\nowner: team:data\ndescription: test\nlabel: Some\nunit: EUR\nbetter: higher\n"
PRICE = "{fact: orders, measure: price}"
METRICS = {
    "price": f"type: mean\nvalue: {PRICE}\nwindow: {{days: 3}}",
    "same": f"type: ratio\nnumerator: {PRICE}\ndenominator: {PRICE}\nwindow: {{days: 3}}",
    "p50": f"type: event_quantile\nvalue: {PRICE}\nwindow: {{days: 3}}\nquantile: 0.5",
    "twice": "type: composite\nformula: 2 * price\nwindow: {days: 3}",
    "count": "type: count\nvalue: {fact: orders}\nwindow: {days: 3}",
}


@pytest.fixture(params=["unit_days", "direct"])
def measured(shop: tuple[Catalog, Lake, Rows], tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Lake, Rows]:
    """One order of no items, right after each unit's exposure on the 5th."""
    _, lake, rows = shop
    day = "2026-03-05"
    for contact in rows["exposures"][day]:
        odd = {"user_id": contact["user_id"], "ordered_at": at("03-05 23:59"), "amount": Decimal("5.00")}
        rows["orders"][day].append({**odd, "items": 0, "channel": "web"})
    publish(lake, "orders", day, rows["orders"][day], generation="2")
    plan = document("studies/ranker_v2.yaml")
    start, end = plan.index("metrics:"), plan.index("segments:")
    uses = "".join(f"  - {{metric: {name}, role: success}}\n" for name in METRICS)
    changes = {f"metrics/{name}.yaml": HEAD.format(name=name) + text + "\n" for name, text in METRICS.items()}
    changes["studies/ranker_v2.yaml"] = f"{plan[:start]}metrics:\n{uses}{plan[end:]}"
    catalog = write_catalog(tmp_path / "catalog", fold=request.param, changes=changes)
    fold_day(catalog, catalog.facts["orders"], date(2026, 3, 5), lake=lake, engine=ENGINE, generation="2")
    look(catalog, lake, LAST)
    return lake, rows


def valued(unit: Unit) -> list[int]:
    """Prices in cents of rows that have one; rounded half up, as amounts are positive."""
    rows = [row for day, row in unit.orders if day <= 2 and row["items"]]
    return [math.floor(float(row["amount"]) / row["items"] * 100 + 0.5) for row in rows]


def odd_rows(rows: Rows) -> int:
    counted = by_hand(rows, 2, lambda unit: (sum(not row["items"] for day, row in unit.orders if day <= 2), 0))
    return sum(sums["y"] for (_, _, segment, _), sums in counted.items() if not segment)


def test_they_are_counted_once_a_reading(measured: tuple[Lake, Rows]) -> None:
    lake, rows = measured
    cells = read_cells(lake.cells("ranker_v2"), ENGINE)
    keys = ("price", "price~trend", "same", "p50", "twice")
    assert {key: cells.undefined(key) for key in keys} == dict.fromkeys(keys, odd_rows(rows))
    assert odd_rows(rows) > 3
    assert cells.undefined("count") == cells.undefined("count~trend") == 0


def test_they_are_in_no_sum_and_no_number_of_events(measured: tuple[Lake, Rows]) -> None:
    lake, rows = measured
    assert from_lake(lake, "price") == by_hand(rows, 2, lambda unit: (sum(valued(unit)), 0))
    assert from_lake(lake, "p50") == by_hand(rows, 2, lambda unit: (0, len(valued(unit))))


def test_they_are_rows_all_the_same(measured: tuple[Lake, Rows]) -> None:
    lake, rows = measured
    assert from_lake(lake, "count") == by_hand(rows, 2, lambda unit: (sum(day <= 2 for day, _ in unit.orders), 0))
