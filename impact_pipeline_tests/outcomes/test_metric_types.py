"""Each metric type's cells, made by the real engine, against a count by hand over plain Python rows."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.catalog.designs import BIN
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.features.build import build_day
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells_table import read_bins, read_cells
from impact_pipeline.stats.moments import merged
from impact_pipeline_tests.outcomes.shop_rows import (
    DAYS,
    LAST,
    Rows,
    Unit,
    added,
    buckets_from_lake,
    by_hand,
    cents,
    from_lake,
    look,
    random_rows,
    units,
)
from impact_pipeline_tests.small_shop import ENGINE, document, write_catalog

ROWS = random_rows(1)
"""What the lake of the fixture `filled` holds."""

FACT = """
name: profile_views
owner: team:data
description: test
dataset: profiles
entity: user
event_at: seen_at
measures:
  views: {expression: "1", unit: view}
"""

WEB = "filter: \"channel = 'web'\""
METRICS = {
    "web_orders": f"type: count\nvalue: {{fact: orders, {WEB}}}\nwindow: {{days: 3}}\ncap: {{absolute: 1}}",
    "rows": "type: count\nvalue: {fact: orders}\nwindow: {start_day: 1, days: 2}",
    "order_days": "type: days_of_use\nactive: {fact: orders}\nwindow: {days: 3}",
    "web_days": f"type: days_of_use\nactive: {{fact: orders, {WEB}}}\nwindow: {{start_day: 1, days: 3}}",
    "views_per_euro": (
        "type: rate\nevents: {fact: profile_views}\nper: {fact: orders, measure: revenue}\nwindow: {days: 2}"
    ),
    "euros_per_view": (
        "type: rate\nevents: {fact: orders, measure: revenue}\nper: {fact: profile_views, measure: views}\n"
        "window: {days: 2}"
    ),
    "stayed": "type: retention\nactive: {fact: profile_views}\nwindow: {start_day: 2, days: 2}",
    "checkout": (
        "type: funnel\nwindow: {days: 3}\nsteps:\n  - {name: view, fact: profile_views}\n"
        f"  - {{name: web, fact: orders, {WEB}}}\n  - {{name: large, fact: orders, filter: amount > 300}}"
    ),
    "median_revenue": (
        "type: quantile\nvalue: {fact: orders, measure: revenue}\nwindow: {days: 2}\nquantile: 0.5\ndigits: 2"
    ),
    "p90_amount": (
        f"type: event_quantile\nvalue: {{fact: orders, measure: revenue, {WEB}}}\nwindow: {{start_day: 1, days: 3}}\n"
        "quantile: 0.9\ndigits: 1"
    ),
    "item_value": "type: mean\nvalue: {fact: orders, measure: price}\nwindow: {days: 3}",
    "plain_revenue": "type: mean\nvalue: {fact: orders, measure: revenue}\nwindow: {days: 3}",
    "margin": (
        "type: composite\nformula: plain_revenue - 0.125 * (item_value + 2 * plain_revenue)\nwindow: {days: 3}\n"
        "cap: {absolute: 400}"
    ),
    "trimmed": (
        "type: mean\nvalue: {fact: orders, measure: revenue}\nwindow: {days: 2}\ncap: {percentile: 0.9, digits: 1}\n"
        "covariates: [revenue_before, orders_before]"
    ),
    "fine_cap": "type: mean\nvalue: {fact: orders, measure: revenue}\nwindow: {days: 2}\ncap: {absolute: 333.3335}",
    "two_windows": (
        "type: ratio\nnumerator: {fact: orders, measure: revenue}\ndenominator: {fact: orders, measure: orders}\n"
        "window: {days: 1}\ndenominator_window: {start_day: 2, days: 3}"
    ),
}
HEAD = "name: {name}\nversion: 1\nowner: team:data\ndescription: test\nlabel: Some\nunit: EUR\nbetter: higher\n"


def documents(*used: str) -> dict[str, str]:
    """All metrics, and a plan whose success metric is `rows` over three days, with those used beside it."""
    orders_before = document("features/revenue_before.yaml").replace("revenue_before", "orders_before")
    uses = "".join(f"  - {{metric: {name}, role: exploratory}}\n" for name in used)
    plan = document("studies/ranker_v2.yaml")
    start, end = plan.index("metrics:"), plan.index("segments:")
    success = "metrics:\n  - {metric: rows, role: success, window: {start_day: 1, days: 3}}\n"
    return {
        **{f"metrics/{name}.yaml": HEAD.format(name=name) + text + "\n" for name, text in METRICS.items()},
        "facts/profile_views.yaml": FACT,
        "features/orders_before.yaml": orders_before.replace("expression: amount", "expression: '1'").replace(
            "scale: 2", "scale: 0"
        ),
        "studies/ranker_v2.yaml": plan[:start] + success + uses + plan[end:],
    }


@pytest.fixture(scope="module", params=["unit_days", "direct"])
def measured(filled: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Lake:
    """A lake with the cells of all metrics, of the rows of `ROWS`."""
    home = Path(shutil.copytree(filled, tmp_path_factory.mktemp("measured"), dirs_exist_ok=True))
    _measure(home, request.param, ENGINE)
    return Lake(home)


def _measure(home: Path, fold: str, engine: DuckDBEngine) -> str:
    """The fingerprint of the cells."""
    catalog = write_catalog(home / "catalog", fold=fold, changes=documents(*METRICS))
    feature = catalog.features["orders_before"]
    for day in DAYS:
        build_day(catalog, feature, date.fromisoformat(day), lake=Lake(home), engine=engine, generation="1")
    return look(catalog, Lake(home), LAST, engine=engine).state.fingerprint


def test_threads_and_folding_do_not_change_a_bit(filled: Path, tmp_path: Path, measured: Lake) -> None:
    home = Path(shutil.copytree(filled, tmp_path / "again"))
    standing = measured.cells("ranker_v2").state()
    assert standing is not None
    assert _measure(home, "direct", DuckDBEngine(threads=2)) == standing.fingerprint


def within(events: list[tuple[int, dict[str, Any]]], first: int, last: int) -> list[dict[str, Any]]:
    return [row for day, row in events if first <= day <= last]


def revenue(unit: Unit, first: int, last: int) -> int:
    return sum(map(cents, within(unit.orders, first, last)))


def web(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["channel"] == "web"]


def days_with(events: list[tuple[int, dict[str, Any]]], first: int, last: int) -> int:
    return len({day for day, _ in events if first <= day <= last})


def steps_passed(unit: Unit) -> int:
    """The first view, the first web order at or after it, the first large order at or after that."""
    stages = (
        [row["seen_at"] for row in within(unit.views, 0, 2)],
        [row["ordered_at"] for row in web(within(unit.orders, 0, 2))],
        [row["ordered_at"] for row in within(unit.orders, 0, 2) if row["amount"] > 300],
    )
    passed, since = 0, None
    for moments in stages:
        later = [moment for moment in moments if since is None or moment >= since]
        if not later:
            break
        passed, since = passed + 1, min(later)
    return passed


def item_value(unit: Unit) -> int:
    """In cents; rounded half up, as amounts are positive."""
    rows = within(unit.orders, 0, 2)
    return sum(math.floor(float(row["amount"]) / row["items"] * 100 + 0.5) for row in rows)


def margin(unit: Unit) -> int:
    """revenue - 0.125 item_value - 0.25 revenue, in units of 1e-5 EUR."""
    return 1000 * revenue(unit, 0, 2) - 125 * item_value(unit) - 250 * revenue(unit, 0, 2)


def rows_and_trend(unit: Unit) -> tuple[int, int]:
    days = [day for day, _ in unit.orders if 1 <= day <= 3]
    return sum(2 * day - 4 for day in days), len(days)


BY_HAND: Mapping[str, tuple[int, Any]] = {
    "web_orders": (2, lambda u: (min(1, len(web(within(u.orders, 0, 2)))), 0)),
    "web_orders~uncapped": (2, lambda u: (len(web(within(u.orders, 0, 2))), 0)),
    "rows": (2, lambda u: (len(within(u.orders, 1, 2)), 0)),
    "rows__d1_3": (3, lambda u: (len(within(u.orders, 1, 3)), 0)),
    "rows__d1_3~trend": (3, rows_and_trend),
    "order_days": (2, lambda u: (days_with(u.orders, 0, 2), 0)),
    "web_days": (3, lambda u: (days_with([(d, r) for d, r in u.orders if r["channel"] == "web"], 1, 3), 0)),
    "views_per_euro": (1, lambda u: (len(within(u.views, 0, 1)), revenue(u, 0, 1))),
    "euros_per_view": (1, lambda u: (revenue(u, 0, 1), len(within(u.views, 0, 1)))),
    "stayed": (3, lambda u: (int(bool(within(u.views, 2, 3))), 0)),
    "checkout": (2, lambda u: (int(steps_passed(u) >= 3), 0)),
    "checkout~step2_web": (2, lambda u: (int(steps_passed(u) >= 2), 0)),
    "checkout~step1_view": (2, lambda u: (int(steps_passed(u) >= 1), 0)),
    "margin": (2, lambda u: (min(margin(u), 400 * 10**5), 0)),
    "margin~uncapped": (2, lambda u: (margin(u), 0)),
    "fine_cap": (1, lambda u: (min(100 * revenue(u, 0, 1), 3333335), 0)),
    "fine_cap~uncapped": (1, lambda u: (revenue(u, 0, 1), 0)),
    "two_windows": (4, lambda u: (revenue(u, 0, 0), len(within(u.orders, 2, 4)))),
}
"""Key of a reading -> the last day it reads, and a unit's outcome and denominator."""


def test_cells_of_every_type_equal_a_count_by_hand(measured: Lake) -> None:
    lake, rows = measured, ROWS
    for key, (last_day, value) in BY_HAND.items():
        assert from_lake(lake, key) == by_hand(rows, last_day, value), key
        assert len({sums["y"] for sums in from_lake(lake, key).values()}) > 1, key


def test_bins_add_up_to_control_for_every_metric_that_is_simulated_and_are_no_segment(measured: Lake) -> None:
    table = measured.cells("ranker_v2")
    whole, bins = read_cells(table, ENGINE), read_bins(table, ENGINE)
    names = [value for segment, value in bins.axes.groups if segment == BIN and value]
    assert len(names) > 10
    assert {"web_orders", "margin", "views_per_euro"} <= set(bins.whole)
    assert not {"median_revenue", "p90_amount", "trimmed", "web_orders~uncapped", "rows__d1_3~trend"} & set(bins.whole)
    for metric in bins.whole:
        parts = [bins.moments(metric, "control", (BIN, name)) for name in names]
        assert merged([part for part in parts if part.n]).sums == whole.moments(metric, "control").sums, metric
    assert BIN not in {segment for segment, _ in whole.axes.groups}
    assert bins.bucketed == {}


def test_two_covariates_have_all_their_products(measured: Lake) -> None:
    lake, rows = measured, ROWS
    before = (lambda u: sum(map(cents, u.before)), lambda u: len(u.before))
    expected = by_hand(rows, 1, lambda u: (revenue(u, 0, 1), 0), *before)
    assert from_lake(lake, "trimmed") == from_lake(lake, "trimmed~uncapped") == expected
    assert max(sums["xx"][1] for sums in expected.values()) > 0


def leading(value: int, digits: int) -> int:
    """A number that is not negative, cut to its leading digits."""
    return int(str(value)[:digits].ljust(len(str(value)), "0"))


def test_a_percentile_cap_keeps_the_moments_of_each_bucket(measured: Lake) -> None:
    lake, rows = measured, ROWS
    expected: dict[Any, Any] = {}
    before = (lambda u: sum(map(cents, u.before)), lambda u: len(u.before))
    for bucket in {leading(revenue(unit, 0, 1), 1) for unit in units(rows)}:
        own = by_hand(_only(rows, bucket), 1, lambda u: (revenue(u, 0, 1), 0), *before)
        expected |= {(group, bucket): sums for group, sums in own.items()}
    assert buckets_from_lake(lake, "trimmed") == expected
    assert buckets_from_lake(lake, "trimmed~uncapped") == {}


def _only(rows: Rows, bucket: int) -> Rows:
    """Without the contacts of users whose revenue lies in another bucket."""
    kept = {u.user for u in units(rows) if leading(revenue(u, 0, 1), 1) == bucket}
    contacts = {day: [r for r in given if r["user_id"] in kept] for day, given in rows["exposures"].items()}
    return {**rows, "exposures": contacts}


def test_a_quantile_counts_units_by_bucket(measured: Lake) -> None:
    lake, rows = measured, ROWS
    base, expected = from_lake(lake, "median_revenue"), by_hand(rows, 1, lambda _: (0, 1))
    assert base == expected
    counted: dict[Any, int] = {}
    for unit in (unit for unit in units(rows) if (LAST - unit.cohort).days >= 1):
        for segment in unit.segments:
            place = ((unit.cohort, unit.arm, *segment), leading(revenue(unit, 0, 1), 2))
            counted[place] = counted.get(place, 0) + 1
    found = buckets_from_lake(lake, "median_revenue")
    assert {place: sums["n"] for place, sums in found.items()} == counted
    assert all(sums["n"] == sums["y"] == sums["yy"] == sums["yd"] and sums["d"] == 0 for sums in found.values())


def test_a_quantile_of_events_keeps_what_their_clusters_vary_by(measured: Lake) -> None:
    lake, rows = measured, ROWS
    base = by_hand(rows, 3, lambda u: (0, len(web(within(u.orders, 1, 3)))))
    assert from_lake(lake, "p90_amount") == base
    expected: dict[Any, dict[str, int]] = {}
    for unit in (unit for unit in units(rows) if (LAST - unit.cohort).days >= 3):
        values = [leading(cents(row), 1) for row in web(within(unit.orders, 1, 3))]
        for bucket in set(values):
            upto, below = sum(v <= bucket for v in values), sum(v < bucket for v in values)
            one = {"n": 1, "y": upto - below, "yy": upto**2 - below**2, "yd": (upto - below) * len(values)}
            for segment in unit.segments:
                place = ((unit.cohort, unit.arm, *segment), bucket)
                expected[place] = added(expected[place], one) if place in expected else one
    found = buckets_from_lake(lake, "p90_amount")
    assert {place: {name: sums[name] for name in ("n", "y", "yy", "yd")} for place, sums in found.items()} == expected
    assert max(sums["y"] - sums["n"] for sums in expected.values()) > 0
