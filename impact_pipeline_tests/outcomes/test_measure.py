"""Looks of a small shop: what is measured when, and cells against a count by hand over plain Python rows."""

from __future__ import annotations

import math
import random
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.cells_table import read_cells, read_rows
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline_tests.outcomes.shop_rows import (
    LAST,
    Group,
    Rows,
    Sums,
    Unit,
    by_hand,
    cents,
    fill,
    from_lake,
    look,
    random_rows,
)
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

Shop = tuple[Catalog, Lake, Rows]


def cells_of(lake: Lake) -> Cells:
    return read_cells(lake.cells("ranker_v2"), ENGINE)


def revenue(unit: Unit) -> tuple[int, int]:
    return sum(cents(row) for day, row in unit.orders if day <= 2), 0


def revenue_before(unit: Unit) -> int:
    return sum(map(cents, unit.before))


def web_buyer(unit: Unit) -> tuple[int, int]:
    return int(any(row["channel"] == "web" for day, row in unit.orders if day <= 1)), 0


def late_revenue_and_orders(unit: Unit) -> tuple[int, int]:
    late = [row for day, row in unit.orders if 1 <= day <= 2]
    return sum(map(cents, late)), len(late)


def price(unit: Unit) -> tuple[int, int]:
    """Rounded half up, as amounts are positive."""
    prices = [float(row["amount"]) / row["items"] for day, row in unit.orders if day == 0]
    return sum(math.floor(each * 100 + 0.5) for each in prices), 0


def revenue_by_hand(rows: Rows) -> dict[Group, Sums]:
    return by_hand(rows, 2, revenue, revenue_before)


@pytest.mark.parametrize("fold", ["unit_days", "direct"])
def test_cells_equal_a_count_by_hand(shop: Shop, tmp_path: Path, fold: str) -> None:
    _, lake, rows = shop
    look(write_catalog(tmp_path / "catalog", fold=fold), lake, LAST)
    assert from_lake(lake, "revenue") == revenue_by_hand(rows)
    assert from_lake(lake, "web_buyers") == by_hand(rows, 1, web_buyer)
    assert from_lake(lake, "late_revenue_per_order") == by_hand(rows, 2, late_revenue_and_orders)
    assert from_lake(lake, "price") == by_hand(rows, 0, price)


def test_squares_too_large_for_bigint_stay_exact(shop: Shop) -> None:
    catalog, lake, rows = shop
    exposed = {row["user_id"] for day in rows["exposures"].values() for row in day}
    for row in rows["orders"]["2026-03-06"]:
        if row["user_id"] in exposed:
            row["amount"] = Decimal("9999999999.99") - row["user_id"]
    publish(lake, "orders", "2026-03-06", rows["orders"]["2026-03-06"], generation="2")
    fold_day(catalog, catalog.facts["orders"], date(2026, 3, 6), lake=lake, engine=ENGINE, generation="2")
    look(catalog, lake, LAST)
    assert from_lake(lake, "revenue") == revenue_by_hand(rows)
    assert max(sums["yy"] for sums in from_lake(lake, "revenue").values()) > 2**64


def test_totals_too_large_for_doubles_stay_exact(shop: Shop, tmp_path: Path) -> None:
    _, lake, rows = shop
    counted = document("facts/orders.yaml").replace(
        "{expression: amount / items, unit: EUR, scale: 2}", "{expression: items, unit: item}"
    )
    catalog = write_catalog(tmp_path / "catalog", fold="direct", changes={"facts/orders.yaml": counted})
    for row in rows["orders"]["2026-03-05"]:
        row["items"] += 2**53
    publish(lake, "orders", "2026-03-05", rows["orders"]["2026-03-05"], generation="2")
    look(catalog, lake, LAST)
    measured = from_lake(lake, "price")
    assert measured == by_hand(rows, 0, lambda unit: (sum(r["items"] for day, r in unit.orders if day == 0), 0))
    assert max(sums["y"] for sums in measured.values()) > 2**53


def test_only_closed_windows_are_counted(shop: Shop) -> None:
    catalog, lake, _ = shop
    look(catalog, lake, date(2026, 3, 6))
    assert cells_of(lake).cohort_days("revenue") == (date(2026, 3, 4),)
    assert cells_of(lake).cohort_days("price") == (date(2026, 3, 4), date(2026, 3, 5), date(2026, 3, 6))


def test_looks_night_by_night_equal_one_look_at_the_end(shop: Shop, filled: Path, tmp_path: Path) -> None:
    catalog, nightly, _ = shop
    once = Lake(shutil.copytree(filled, tmp_path / "once"))
    for day in range(4, 10):
        published = look(catalog, nightly, date(2026, 3, day), generation=str(day))
    assert published.state.fingerprint == look(catalog, once, LAST).state.fingerprint
    assert read_rows(nightly.cells("ranker_v2"), ENGINE).equals(read_rows(once.cells("ranker_v2"), ENGINE))


def test_a_night_measures_only_cohorts_that_closed(shop: Shop) -> None:
    catalog, lake, _ = shop
    look(catalog, lake, date(2026, 3, 7), generation="7")
    assert look(catalog, lake, date(2026, 3, 8), generation="8").state.facts["cohorts_measured"] == ["2026-03-06"]
    idle, again = (look(catalog, lake, date(2026, 3, 9), generation=generation) for generation in ("9", "10"))
    assert idle.state.facts["cohorts_measured"] == []
    assert not again.written


def test_a_look_that_changes_no_cell_still_records_its_date(shop: Shop) -> None:
    catalog, lake, _ = shop
    look(catalog, lake, LAST)
    before = look(catalog, lake, LAST + timedelta(days=1), generation="2").state
    after = look(catalog, lake, LAST + timedelta(days=2), generation="3").state
    assert after.fingerprint == before.fingerprint
    assert (before.facts["as_of"], after.facts["as_of"]) == ("2026-03-10", "2026-03-11")


def test_a_restated_day_redoes_exactly_the_cohorts_that_read_it(shop: Shop) -> None:
    catalog, lake, rows = shop
    look(catalog, lake, LAST)
    late = {"user_id": 3, "ordered_at": at("03-08 12:00"), "amount": Decimal("10.00"), "items": 1, "channel": "web"}
    rows["orders"]["2026-03-08"].append(late)
    publish(lake, "orders", "2026-03-08", rows["orders"]["2026-03-08"], generation="2")
    stale = look(catalog, lake, LAST, generation="2")
    assert stale.state.facts["missing_days"] == {"orders": ["2026-03-08"]}
    fold_day(catalog, catalog.facts["orders"], date(2026, 3, 8), lake=lake, engine=ENGINE, generation="2")
    assert look(catalog, lake, LAST, generation="3").state.facts["cohorts_measured"] == ["2026-03-06"]
    assert from_lake(lake, "revenue") == revenue_by_hand(rows)


def test_a_unit_seen_in_two_arms_is_set_apart_and_counted(shop: Shop) -> None:
    catalog, lake, rows = shop
    rows["exposures"] = {day: [r for r in given if r["user_id"] != 7] for day, given in rows["exposures"].items()}
    for day, arm in (("03-04", "control"), ("03-05", "treatment")):
        contact = {"user_id": 7, "exposed_at": at(f"{day} 01:00"), "arm": arm, "device": "x"}
        rows["exposures"][f"2026-{day}"].append(contact)
    for day, given in rows["exposures"].items():
        publish(lake, "exposures", day, given, generation="2")
    look(catalog, lake, LAST)
    cells = cells_of(lake)
    assert cells.mixed_units == 1
    counted = cells.exposed("control") + cells.exposed("treatment")
    assert counted == len({r["user_id"] for day in rows["exposures"].values() for r in day}) - 1


def test_a_missing_day_leaves_its_cohorts_out_and_is_named(tmp_path: Path) -> None:
    rows = random_rows(7)
    del rows["orders"]["2026-03-07"]
    catalog, lake = write_catalog(tmp_path / "catalog", fold="direct"), Lake(tmp_path)
    fill(lake, catalog, rows)
    published = look(catalog, lake, LAST)
    assert published.state.facts["missing_days"] == {"orders": ["2026-03-07"]}
    assert cells_of(lake).cohort_days("revenue") == (date(2026, 3, 4),)


def test_rows_without_a_finite_value_are_counted(shop: Shop) -> None:
    catalog, lake, rows = shop
    first_days = [r["user_id"] for r in rows["exposures"]["2026-03-04"]]
    user = next(r["user_id"] for r in rows["exposures"]["2026-03-05"] if r["user_id"] not in first_days)
    odd = {"user_id": user, "ordered_at": at("03-05 23:59"), "amount": Decimal("5.00"), "items": 0, "channel": "web"}
    publish(lake, "orders", "2026-03-05", [*rows["orders"]["2026-03-05"], odd], generation="2")
    fold_day(catalog, catalog.facts["orders"], date(2026, 3, 5), lake=lake, engine=ENGINE, generation="2")
    look(catalog, lake, LAST)
    assert cells_of(lake).undefined("price") == 1
    assert cells_of(lake).undefined("revenue") == 0


def test_threads_layout_and_order_do_not_change_a_bit(shop: Shop, filled: Path, tmp_path: Path) -> None:
    catalog, lake, rows = shop
    shuffled = {name: {d: random.Random(1).sample(r, len(r)) for d, r in days.items()} for name, days in rows.items()}
    two, other = DuckDBEngine(threads=2), Lake(tmp_path / "other")
    fill(other, catalog, shuffled, two)
    again = Lake(shutil.copytree(filled, tmp_path / "again"))
    looks = [look(catalog, lake, LAST), look(catalog, again, LAST, engine=two), look(catalog, other, LAST, engine=two)]
    assert len({published.state.fingerprint for published in looks}) == 1


def test_a_changed_metric_is_measured_anew(shop: Shop, tmp_path: Path) -> None:
    catalog, lake, _ = shop
    look(catalog, lake, LAST)
    relabelled = document("metrics/revenue.yaml").replace("Revenue per user", "GMV per user")
    catalog = write_catalog(tmp_path / "catalog", changes={"metrics/revenue.yaml": relabelled})
    assert not look(catalog, lake, LAST, generation="2").written
    widened = document("metrics/revenue.yaml").replace("days: 3", "days: 2")
    catalog = write_catalog(tmp_path / "catalog", changes={"metrics/revenue.yaml": widened})
    assert look(catalog, lake, LAST, generation="3").written
