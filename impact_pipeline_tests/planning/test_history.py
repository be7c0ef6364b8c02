"""A history read from the lake is what its rows give by hand; reading it publishes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.catalog.designs import ClusterRandomizedDesign
from impact_pipeline.catalog.plan import ColumnSegment, ExposureRule
from impact_pipeline.errors import InputError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.planning.baseline import Baseline, baseline_of
from impact_pipeline.planning.history import History, read_history
from impact_pipeline.planning.population import population_of
from impact_pipeline_tests.outcomes.block_rows import BLOCKS, blocks_by_hand, fill_blocks, switching
from impact_pipeline_tests.outcomes.shop_rows import Rows, cents, fill, random_rows
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

USERS = 120
LAST = date(2026, 3, 7)
"""The newest day is March 9, and the longest window ends two days after exposure."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Lake, Rows]:
    home = tmp_path_factory.mktemp("past")
    catalog, lake, rows = write_catalog(home / "catalog"), Lake(home), random_rows(3, USERS)
    fill(lake, catalog, rows)
    return catalog, lake, rows


@dataclass(frozen=True, slots=True)
class Past:
    """One unit by hand: its first contact, orders from then on with their days, and orders of three days before."""

    cohort: date
    orders: list[tuple[int, dict[str, Any]]]
    before: list[dict[str, Any]]


def by_hand(rows: Rows, dataset: str, when: str, first_day: date = date.min) -> Iterator[Past]:
    all_days = (row for day in rows[dataset].values() for row in day)
    contacts = [row for row in all_days if first_day <= row[when].date() <= LAST]
    for user in sorted({row["user_id"] for row in contacts}):
        first = min(row[when] for row in contacts if row["user_id"] == user)
        mine = [row for day in rows["orders"].values() for row in day if row["user_id"] == user]
        since = [((r["ordered_at"].date() - first.date()).days, r) for r in mine if r["ordered_at"] >= first]
        known_from = first.date() - timedelta(days=3)
        yield Past(first.date(), since, [r for r in mine if known_from <= r["ordered_at"].date() < first.date()])


def read(shop: tuple[Catalog, Lake, Rows], fact: str | None = None, **given: Any) -> History:
    catalog, lake, _ = shop
    return read_history(catalog.study("ranker_v2"), lake=lake, engine=ENGINE, fact=fact, **given)


@pytest.mark.parametrize(
    ("fact", "dataset", "when"), [(None, "exposures", "exposed_at"), ("orders", "orders", "ordered_at")]
)
def test_units_of_the_past_are_measured_from_their_first_contact(
    shop: tuple[Catalog, Lake, Rows], fact: str | None, dataset: str, when: str
) -> None:
    found, units = read(shop, fact), list(by_hand(shop[2], dataset, when))
    y = [sum(cents(r) for day, r in u.orders if day <= 2) for u in units]
    x = [sum(map(cents, u.before)) for u in units]
    revenue = found.past.cells.moments("revenue", "control")
    assert (revenue.n, revenue.y, revenue.yy) == (len(units), sum(y), sum(v * v for v in y))
    assert revenue.x == (sum(x),)
    assert revenue.xy == (sum(a * b for a, b in zip(x, y, strict=True)),)
    late = [(sum(cents(r) for d, r in u.orders if 1 <= d <= 2), sum(1 <= d <= 2 for d, _ in u.orders)) for u in units]
    ratio = found.past.cells.moments("late_revenue_per_order", "control")
    assert (ratio.y, ratio.d, ratio.yd) == (
        sum(a for a, _ in late),
        sum(b for _, b in late),
        sum(a * b for a, b in late),
    )
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(7)]
    counts = [sum(u.cohort == day for u in units) for day in days]
    assert list(found.past.arrivals.values()) == counts
    assert sum(found.arrivals) == found.units == len(units)
    assert found.arrivals[0] > 0


def test_a_unit_of_the_past_may_have_met_any_arm(shop: tuple[Catalog, Lake, Rows]) -> None:
    """User 7 met both, and is one unit more."""
    assert read(shop).past.cells.mixed_units == 0


def test_the_variance_is_that_of_the_rows(shop: tuple[Catalog, Lake, Rows]) -> None:
    found, units = read(shop, "orders", days=3), list(by_hand(shop[2], "orders", "ordered_at", date(2026, 3, 5)))
    y = np.array([sum(cents(r) for day, r in u.orders if day <= 2) for u in units]) / 100
    x = np.array([sum(map(cents, u.before)) for u in units]) / 100
    baseline = baseline_of(found.study, found.past.cells, found.study.uses[0])
    assert isinstance(baseline, Baseline)
    assert baseline.mean == pytest.approx(y.mean())
    assert baseline.r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
    assert baseline.variance == pytest.approx(y.var(ddof=1) * (1 - np.corrcoef(x, y)[0, 1] ** 2))


def test_columns_move_together_as_in_the_rows(shop: tuple[Catalog, Lake, Rows]) -> None:
    found, units = read(shop, "orders", days=3), list(by_hand(shop[2], "orders", "ordered_at", date(2026, 3, 5)))
    y = [sum(cents(r) for day, r in u.orders if day <= 2) for u in units]
    x = [sum(map(cents, u.before)) for u in units]
    together = found.past.together
    assert together is not None
    column = {one.key: one for one in found.past.variables.columns}["revenue"]
    place = {name: index for index, name in enumerate(together.names)}
    i, j = place[column.sums["y"]], place["covariate_revenue_before"]
    assert together.n == len(units)
    assert together.products[i, j] == sum(a * b for a, b in zip(x, y, strict=True))


def test_days_limit_history(shop: tuple[Catalog, Lake, Rows]) -> None:
    found = read(shop, "orders", days=3)
    assert (found.period.first, found.period.last) == (date(2026, 3, 5), LAST)


def test_covariates_that_look_back_too_far_are_noted(shop: tuple[Catalog, Lake, Rows]) -> None:
    [note] = read(shop).notes
    assert note.startswith("covariate 'revenue_before' knows all that it looks back on from 2026-03-04 only")


def test_nothing_is_published(shop: tuple[Catalog, Lake, Rows]) -> None:
    before = {path: path.stat().st_mtime_ns for path in shop[1].root.rglob("*")}
    read(shop, "orders")
    assert {path: path.stat().st_mtime_ns for path in shop[1].root.rglob("*")} == before


def clustered(catalog: Catalog) -> Study:
    plan = catalog.study("ranker_v2").plan
    design = {"type": "cluster_randomized", "arms": {"control": 0.5, "treatment": 0.5}, "control": "control"}
    changed = ClusterRandomizedDesign.model_validate({**design, "cluster": "device"})
    return Study(catalog, plan.model_copy(update={"design": changed, "segments": {}}))


def test_clusters_are_kept_apart_and_units_of_two_left_out(shop: tuple[Catalog, Lake, Rows]) -> None:
    catalog, lake, rows = shop
    found = read_history(clustered(catalog), lake=lake, engine=ENGINE)
    contacts = [row for day in rows["exposures"].values() for row in day]
    devices = {u: {r["device"] for r in contacts if r["user_id"] == u} for u in {r["user_id"] for r in contacts}}
    assert found.past.cells.clusters() == ("x", "y")
    in_x = found.past.cells.moments("revenue", "control", ("~cluster", "x")).n
    assert in_x == sum(of_user == {"x"} for of_user in devices.values())
    assert found.past.cells.mixed_units == sum(len(of_user) == 2 for of_user in devices.values()) > 0


def test_a_stratum_of_the_plan_stays_where_the_population_has_it(shop: tuple[Catalog, Lake, Rows]) -> None:
    catalog, lake, _ = shop
    study = catalog.study("ranker_v2")
    by_device = Study(catalog, study.plan.model_copy(update={"post_stratify": "device"}))
    assert isinstance(by_device.plan.segments["device"], ColumnSegment)
    kept = read_history(by_device, lake=lake, engine=ENGINE)
    assert list(kept.study.plan.segments) == ["device"]
    assert kept.past.cells.moments("revenue", "control", ("device", "x")).n > 0
    without = read_history(by_device, lake=lake, engine=ENGINE, fact="orders")
    assert (without.study.plan.post_stratify, without.study.plan.segments) == (None, {})
    by_country = Study(catalog, study.plan.model_copy(update={"post_stratify": "country"}))
    assert read_history(by_country, lake=lake, engine=ENGINE, fact="orders").study.plan.post_stratify == "country"


def test_a_metric_without_published_days_is_unread_and_stops_no_other(tmp_path: Path) -> None:
    lake, rows = Lake(tmp_path), random_rows(3, 40)
    catalog = write_catalog(tmp_path / "catalog")
    for dataset, by_day in rows.items():
        for day, own in by_day.items():
            publish(lake, dataset, day, own)
    found = read_history(catalog.study("ranker_v2"), lake=lake, engine=ENGINE)
    assert found.unread["revenue"] == "the lake holds no day of features/revenue_before"
    assert "web_buyers" in found.unread or found.past.cells.moments("web_buyers", "control").n == 0


def test_missing_days_of_a_fact_are_noted(tmp_path: Path) -> None:
    catalog, lake, rows = write_catalog(tmp_path / "catalog", fold="direct"), Lake(tmp_path), random_rows(3, 40)
    del rows["orders"]["2026-03-05"]
    for dataset, by_day in rows.items():
        for day, own in by_day.items():
            publish(lake, dataset, day, own)
    found = read_history(catalog.study("ranker_v2"), lake=lake, engine=ENGINE)
    assert found.notes == (
        "history lacks 1 day of fact 'orders' (2026-03-05 the first): units whose windows read them do not count",
    )
    assert found.past.cells.cohort_days("web_buyers") == (date(2026, 3, 6),)


def test_a_window_that_no_unit_has_closed_is_unread(tmp_path: Path) -> None:
    late = document("metrics/price.yaml").replace("window: {days: 1}", "window: {days: 60}")
    catalog = write_catalog(tmp_path / "catalog", fold="direct", changes={"metrics/price.yaml": late})
    lake = Lake(tmp_path)
    for day in ("2026-03-01", "2026-03-02"):
        order = {"user_id": 1, "ordered_at": at(f"{day[5:]} 10:00"), "amount": 1, "items": 1, "channel": "web"}
        publish(lake, "orders", day, [order])
        publish(lake, "exposures", day, [])
    found = read_history(catalog.study("ranker_v2"), lake=lake, engine=ENGINE, fact="orders")
    assert found.unread["price"] == (
        "its windows end 59 days after exposure: for units of up to 2026-03-01 they have not all closed"
    )
    alone = catalog.study("ranker_v2")
    uses = tuple(use for use in alone.uses if use.name == "price")
    only = Study(catalog, alone.plan.model_copy(update={"metrics": uses}))
    nothing = read_history(only, lake=lake, engine=ENGINE, fact="orders")
    assert nothing.unread == {"price": "no window of it has closed by 2026-03-02, the newest day of the lake"}


def test_an_empty_lake_is_refused(tmp_path: Path) -> None:
    study = write_catalog(tmp_path / "catalog").study("ranker_v2")
    with pytest.raises(InputError, match="the lake holds no day of 'exposures': there is no history"):
        read_history(study, lake=Lake(tmp_path), engine=ENGINE)


def test_a_population_is_a_fact_about_the_plans_entity(shop: tuple[Catalog, Lake, Rows]) -> None:
    catalog, *_ = shop
    with pytest.raises(InputError, match="--population 'sales' is no fact about a user; such facts are orders"):
        population_of(catalog.study("ranker_v2"), "sales")
    with pytest.raises(InputError, match="dataset 'orders' has no column 'device', by which the plan's arms go"):
        population_of(clustered(catalog), "orders")
    assert population_of(catalog.study("ranker_v2"), "orders").title == "users in 'orders'"


def test_units_are_those_of_the_basis_that_decides(shop: tuple[Catalog, Lake, Rows]) -> None:
    catalog, lake, rows = shop
    rule = ExposureRule(dataset="orders", arm_column="channel", exposed_at="ordered_at")
    plan = catalog.study("ranker_v2").plan.model_copy(update={"assignment": rule, "basis": "assigned"})
    found = read_history(Study(catalog, plan), lake=lake, engine=ENGINE)
    assert found.units == len(list(by_hand(rows, "orders", "ordered_at")))
    assert found.population.title == "users in 'orders'"


def test_a_causal_design_has_no_power_by_units(shop: tuple[Catalog, Lake, Rows]) -> None:
    catalog, *_ = shop
    design = InterruptedTimeSeries(type="interrupted_time_series")
    plan = catalog.study("ranker_v2").plan.model_copy(update={"design": design})
    with pytest.raises(InputError, match="is a interrupted_time_series, which randomises nobody"):
        population_of(Study(catalog, plan))


def test_a_switchback_has_a_history_of_blocks(tmp_path: Path) -> None:
    """Whichever arm they had; each counts from its wash-out on."""
    catalog, lake = switching(tmp_path / "catalog"), Lake(tmp_path)
    fill_blocks(lake)
    found = read_history(catalog.study("ranker_v2"), lake=lake, engine=ENGINE)
    assert sorted(found.past.cells.clusters()) == sorted(blocks_by_hand(30))
    cents = sum(of_block for _, of_block in blocks_by_hand(30).values())
    assert found.past.cells.moments("plain", "control").y == cents
    baseline = baseline_of(found.study, found.past.cells, found.study.uses[0])
    assert isinstance(baseline, Baseline)
    assert baseline.blocks is not None
    assert (baseline.blocks.regions, baseline.blocks.blocks, baseline.units) == (3, len(BLOCKS), len(BLOCKS))
    assert baseline.mean == pytest.approx(cents / 100 / len(BLOCKS))
