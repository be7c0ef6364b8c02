"""Cells against a computation by hand over plain Python rows."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.exposures.expose import expose
from impact_pipeline.features.build import build_day
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.lake.tables import Publication
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline.outcomes.measure import measure
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 9)
DAYS = days_between(FIRST, LAST)
Rows = dict[str, dict[str, list[dict[str, Any]]]]


def random_rows(seed: int, users: int = 60) -> Rows:
    """dataset -> day -> rows, with orders before and after exposure on the same day."""
    rng = random.Random(seed)
    rows: Rows = {name: {day: [] for day in DAYS} for name in ("orders", "exposures", "profiles")}
    for user in range(users):
        rows["profiles"]["2026-03-01"].append(
            {"user_id": user, "seen_at": at("03-01 08:00"), "country": rng.choice("AB")}
        )
        for day in DAYS:
            for _ in range(rng.randrange(3)):
                moment = at(f"{day[5:]} {rng.randrange(24):02}:{rng.randrange(60):02}")
                row = {
                    "ordered_at": moment,
                    "amount": Decimal(rng.randrange(1, 90_000)) / 100,
                    "items": rng.randrange(1, 4),
                }
                rows["orders"][day].append({"user_id": user, **row, "channel": rng.choice(["web", "app"])})
        arm = rng.choice(["control", "treatment"])
        for day in rng.sample(["2026-03-04", "2026-03-05", "2026-03-06"], rng.randrange(3)):
            seen = at(f"{day[5:]} {rng.randrange(24):02}:15")
            shown = "treatment" if user == 7 and day == "2026-03-06" else arm
            rows["exposures"][day].append(
                {"user_id": user, "exposed_at": seen, "arm": shown, "device": rng.choice("xy")}
            )
    return rows


def fill(lake: Lake, catalog: Catalog, rows: Rows, engine: DuckDBEngine = ENGINE) -> None:
    """Publish the rows, then every feature and folded day."""
    for dataset, by_day in rows.items():
        for day, day_rows in by_day.items():
            publish(lake, dataset, day, day_rows)
    for day in DAYS:
        for feature in catalog.features.values():
            build_day(catalog, feature, date.fromisoformat(day), lake=lake, engine=engine, generation="1")
        if catalog.facts["orders"].fold == "unit_days":
            fold_day(
                catalog, catalog.facts["orders"], date.fromisoformat(day), lake=lake, engine=engine, generation="1"
            )


def look(
    catalog: Catalog, lake: Lake, as_of: date, generation: str = "1", engine: DuckDBEngine = ENGINE
) -> Publication:
    study = catalog.study("ranker_v2")
    expose(study, as_of, lake=lake, engine=engine, generation=generation)
    return measure(study, as_of, lake=lake, engine=engine, generation=generation)


def cells_of(lake: Lake) -> Cells:
    return read_cells(lake.cells("ranker_v2"), ENGINE)


@dataclass(frozen=True)
class Unit:
    """What a unit did, as far as its metrics count it: orders by day since exposure, and orders before."""

    cohort: date
    arm: str
    segments: tuple[tuple[str, str], ...]
    after: list[tuple[int, dict[str, Any]]]
    before: list[dict[str, Any]]


def units(rows: Rows) -> Iterator[Unit]:
    """Units seen in one arm."""
    contacts = [row for day in rows["exposures"].values() for row in day]
    for user in sorted({row["user_id"] for row in contacts}):
        mine = sorted((r for r in contacts if r["user_id"] == user), key=lambda r: r["exposed_at"])
        exposed, cohort = mine[0]["exposed_at"], mine[0]["exposed_at"].date()
        orders = [r for d in rows["orders"].values() for r in d if r["user_id"] == user]
        after = [((r["ordered_at"].date() - cohort).days, r) for r in orders if r["ordered_at"] >= exposed]
        before = [r for r in orders if cohort - timedelta(days=3) <= r["ordered_at"].date() < cohort]
        country = next(r["country"] for r in rows["profiles"]["2026-03-01"] if r["user_id"] == user)
        if len({r["arm"] for r in mine}) == 1:
            segments = (("", ""), ("device", mine[0]["device"]), ("country", country))
            yield Unit(cohort, mine[0]["arm"], segments, after, before)


def cents(rows: Iterable[dict[str, Any]]) -> int:
    return sum(int(row["amount"] * 100) for row in rows)


def moments_of(unit: Unit, metric: str) -> Moments:
    """The moments of one unit."""
    y = d = x = 0
    if metric == "revenue":
        y, x = cents(r for o, r in unit.after if o <= 2), cents(unit.before)
    elif metric == "web_buyers":
        y = int(any(r["channel"] == "web" for o, r in unit.after if o <= 1))
    elif metric == "late_revenue_per_order":
        late = [r for o, r in unit.after if 1 <= o <= 2]
        y, d = cents(late), len(late)
    else:
        y = sum(math.floor(float(r["amount"]) / r["items"] * 100 + 0.5) for o, r in unit.after if o == 0)
    scales = (0 if metric == "web_buyers" else 2, 0, 2 if metric == "revenue" else 0)
    return Moments(1, y, y * y, d, d * d, y * d, x, x * x, x * y, x * d, *scales)


def by_hand(rows: Rows, metric: str, as_of: date) -> Mapping[tuple[str, str, str, str], Moments]:
    """(cohort day, arm, segment, value) -> moments, counted unit by unit."""
    last = {"revenue": 2, "web_buyers": 1, "late_revenue_per_order": 2, "price": 0}[metric]
    found: dict[tuple[str, str, str, str], Moments] = {}
    for unit in units(rows):
        if unit.cohort + timedelta(days=last) <= as_of:
            one = moments_of(unit, metric)
            for segment, value in unit.segments:
                key = (unit.cohort.isoformat(), unit.arm, segment, value)
                found[key] = found[key] + one if key in found else one
    return found


def from_lake(cells: Cells, metric: str) -> Mapping[tuple[str, str, str, str], Moments]:
    chosen = [c for c in cells.cells if c.metric == metric]
    return {(c.cohort_day.isoformat(), c.arm, c.segment, c.segment_value): c.moments for c in chosen}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake holds `random_rows(1)`, every feature and every folded day."""
    home = tmp_path_factory.mktemp("filled")
    fill(Lake(home), write_catalog(home / "catalog"), random_rows(1))
    return home


@pytest.fixture
def shop(filled: Path, tmp_path: Path) -> tuple[Catalog, Lake, Rows]:
    """A copy of the filled lake, its catalog and its rows."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return write_catalog(tmp_path / "catalog"), Lake(tmp_path), random_rows(1)


Shop = tuple[Catalog, Lake, Rows]


@pytest.mark.parametrize("fold", ["unit_days", "direct"])
def test_cells_equal_a_count_by_hand(shop: Shop, tmp_path: Path, fold: str) -> None:
    _, lake, rows = shop
    look(write_catalog(tmp_path / "catalog", fold=fold), lake, LAST)
    for metric in ("revenue", "web_buyers", "late_revenue_per_order", "price"):
        assert from_lake(cells_of(lake), metric) == by_hand(rows, metric, LAST), metric


def test_squares_too_large_for_bigint_stay_exact(shop: Shop) -> None:
    catalog, lake, rows = shop
    exposed = {row["user_id"] for day in rows["exposures"].values() for row in day}
    for row in rows["orders"]["2026-03-06"]:
        if row["user_id"] in exposed:
            row["amount"] = Decimal("9999999999.99") - row["user_id"]
    publish(lake, "orders", "2026-03-06", rows["orders"]["2026-03-06"], generation="2")
    fold_day(catalog, catalog.facts["orders"], date(2026, 3, 6), lake=lake, engine=ENGINE, generation="2")
    look(catalog, lake, LAST)
    measured, expected = from_lake(cells_of(lake), "revenue"), by_hand(rows, "revenue", LAST)
    assert {key: (m.n, m.y, m.yy) for key, m in measured.items()} == {k: (m.n, m.y, m.yy) for k, m in expected.items()}
    assert max(m.yy for m in measured.values()) > 2**64


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
    expected: dict[tuple[str, str], int] = {}
    for unit in units(rows):
        key = (unit.cohort.isoformat(), unit.arm)
        expected[key] = expected.get(key, 0) + sum(r["items"] for o, r in unit.after if o == 0)
    assert {key[:2]: m.y for key, m in from_lake(cells_of(lake), "price").items() if not key[2]} == expected
    assert max(expected.values()) > 2**53


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
    assert cells_of(nightly) == cells_of(once)


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
    assert from_lake(cells_of(lake), "revenue") == by_hand(rows, "revenue", LAST)


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
