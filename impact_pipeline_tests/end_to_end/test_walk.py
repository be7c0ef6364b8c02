"""The walk of one order, from its row in the shop's database to a sentence of the report."""

from __future__ import annotations

import hashlib
import hmac
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.end_to_end.company import KEY, NIGHTS

STUDY, METRIC, WINDOW_DAYS = "ranker_v7", "revenue_per_user", 2
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """A paid order as the shop's database holds it, and the pseudonyms of its user and of itself, computed here."""

    order_id: str
    user_id: str
    cents: int
    placed_at: datetime

    @property
    def day(self) -> date:
        return self.placed_at.date()

    @property
    def unit(self) -> int:
        return pseudonym("user", self.user_id)

    @property
    def key(self) -> int:
        return pseudonym("order", self.order_id)


def pseudonym(entity: str, name: str) -> int:
    digest = hmac.new(KEY.encode(), f"{entity}\0{name}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@pytest.fixture(scope="session")
def home(homes: Path) -> Path:
    return homes / "done"


def orders(home: Path) -> list[Order]:
    """Every paid order of the shop, in order of its id."""
    with closing(sqlite3.connect(home / "raw" / "shop" / "shop.sqlite")) as database:
        rows = database.execute(
            "select order_id, user_id, amount, placed_at from orders where status = 'paid' order by order_id"
        )
        return [Order(i, u, int(Decimal(a) * 100), datetime.fromisoformat(p)) for i, u, a, p in rows if a and a > "0"]


def rows(path: Path, **wanted: object) -> list[Row]:
    """Rows of a lake table whose columns have these values."""
    found = DeltaTable(path).to_pyarrow_table().to_pylist()
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


@pytest.fixture(scope="session")
def exposed(home: Path) -> dict[int, Row]:
    return {row["unit"]: row for row in rows(home / "lake" / "study" / "exposures" / STUDY) if not row["mixed"]}


@pytest.fixture(scope="session")
def order(home: Path, exposed: Mapping[int, Row]) -> Order:
    """The first order on the day after its user's first contact with the treatment, so that it falls in the window."""
    treated = {unit: row for unit, row in exposed.items() if row["arm"] == "treatment"}
    in_window = (o for o in orders(home) if o.unit in treated and o.day - timedelta(days=1) == cohort(treated[o.unit]))
    return next(in_window)


def cohort(row: Row) -> date:
    found = row["cohort_day"]
    assert isinstance(found, date)
    return found


def test_raw_holds_the_row_under_a_pseudonym(home: Path, order: Order) -> None:
    (file,) = (home / "lake" / "raw" / "orders" / order.day.isoformat()).glob("*.parquet")
    (row,) = [row for row in pq.read_table(file).to_pylist() if row["order_id"] == order.key]
    assert row["user_id"] == order.unit
    assert order.user_id not in file.read_bytes().decode("latin-1")


def test_trusted_holds_the_typed_row_and_quarantine_does_not(home: Path, order: Order) -> None:
    (row,) = rows(home / "lake" / "trusted" / "orders", order_id=order.key)
    assert (row["day"], row["user_id"], row["status"]) == (order.day, order.unit, "paid")
    assert (row["amount"], row["placed_at"]) == (Decimal(order.cents) / 100, order.placed_at)
    assert rows(home / "lake" / "quarantine" / "orders", order_id=order.key) == []


def test_unit_days_adds_it_to_the_users_day_in_cents(home: Path, order: Order) -> None:
    (row,) = rows(home / "lake" / "unit_days" / "orders", unit=order.unit, day=order.day)
    same_day = [other.cents for other in orders(home) if (other.user_id, other.day) == (order.user_id, order.day)]
    assert (row["orders"], row["revenue"]) == (len(same_day), sum(same_day))


def test_features_of_later_days_count_it_and_of_its_own_day_do_not(home: Path, order: Order) -> None:
    for day in (order.day, order.day + timedelta(days=1)):
        before = [o.cents for o in orders(home) if o.unit == order.unit and o.day < day]
        found = rows(home / "lake" / "features" / "revenue_14d_before", unit=order.unit, day=day)
        assert [row["value"] for row in found] == ([sum(before)] if before else [])


def test_exposures_hold_the_users_arm_and_cohort_day(order: Order, exposed: Mapping[int, Row]) -> None:
    row = exposed[order.unit]
    assert (row["arm"], row["cohort_day"]) == ("treatment", order.day - timedelta(days=1))
    assert row["exposed_at"].date() == row["cohort_day"]


def outcomes(home: Path, exposed: Mapping[int, Row]) -> dict[int, int]:
    """Cents of each unit within the window of its own exposure; day 0 counts from the contact on."""
    found = dict.fromkeys(exposed, 0)
    for order in orders(home):
        row = exposed.get(order.unit)
        if row and row["exposed_at"] <= order.placed_at and (order.day - cohort(row)).days < WINDOW_DAYS:
            found[order.unit] += order.cents
    return found


def test_cells_add_up_the_window_of_every_unit(home: Path, order: Order, exposed: Mapping[int, Row]) -> None:
    """The cell of the order's cohort and arm; without the order its sum would be smaller by the order's cents."""
    own = exposed[order.unit]
    keys = {"cohort_day": own["cohort_day"], "arm": "treatment", "segment": "", "metric": METRIC}
    (cell,) = rows(home / "lake" / "study" / "cells" / STUDY, **keys)
    cents = outcomes(home, exposed)
    members = [unit for unit, row in exposed.items() if (row["arm"], row["cohort_day"]) == ("treatment", cohort(own))]
    assert cents[order.unit] >= order.cents
    assert cell["n"] == len(members)
    assert (cell["y"], cell["yy"]) == (sum(cents[u] for u in members), sum(cents[u] ** 2 for u in members))


def estimate(card: Scorecard) -> Estimate:
    (found,) = [r for r in card.estimates.results if r.metric == METRIC and r.segment == ("", "")]
    assert isinstance(found, Estimate)
    return found


def test_the_estimate_counts_the_users_of_all_cells(home: Path, exposed: Mapping[int, Row]) -> None:
    card = current_scorecard(Lake(home), STUDY)
    found = estimate(card)
    arms = [row["arm"] for row in exposed.values()]
    assert dict(found.n_per_arm) == {"control": arms.count("control"), "treatment": arms.count("treatment")}
    assert card.provenance.inputs["trusted/orders"].keys() == {night.isoformat() for night in NIGHTS[1:]}


def test_the_estimate_is_a_regression_on_every_units_outcome(home: Path, exposed: Mapping[int, Row]) -> None:
    """Means adjusted for the covariate with one slope per study, pooled within arms."""
    found, cents = estimate(current_scorecard(Lake(home), STUDY)), outcomes(home, exposed)
    arms = {arm: [u for u, row in exposed.items() if row["arm"] == arm] for arm in ("control", "treatment")}
    plain = {arm: sum(cents[u] for u in units) / len(units) / 100 for arm, units in arms.items()}
    before = {
        arm: sum(exposed[u]["covariate_revenue_14d_before"] for u in units) / len(units) / 100
        for arm, units in arms.items()
    }
    adjustment = (plain["treatment"] - plain["control"]) - found.value
    slope = adjustment / (before["treatment"] - before["control"])
    assert slope == pytest.approx(pooled_slope(arms, cents, exposed), rel=1e-9)


def pooled_slope(arms: Mapping[str, list[int]], cents: Mapping[int, int], exposed: Mapping[int, Row]) -> float:
    """Least squares of the outcome on the covariate, both centred within arms."""
    products = squares = 0.0
    for units in arms.values():
        y = [cents[u] / 100 for u in units]
        x = [exposed[u]["covariate_revenue_14d_before"] / 100 for u in units]
        mean_y, mean_x = sum(y) / len(y), sum(x) / len(x)
        products += sum((a - mean_y) * (b - mean_x) for a, b in zip(y, x, strict=True))
        squares += sum((b - mean_x) ** 2 for b in x)
    return products / squares


def test_the_report_says_it_in_a_sentence(home: Path) -> None:
    page = (home / "reports" / "studies" / f"{STUDY}.html").read_text()
    text = unescape(re.sub(r"<[^>]+>", "", page)).replace("\u00a0", " ")
    relative = estimate(current_scorecard(Lake(home), STUDY)).relative
    assert relative is not None
    said = re.search(r"Revenue per user rose by (\d+) % \(95 % interval (\d+) % to (\d+) %\), which is better\.", text)
    assert said is not None
    lift = (relative.value, relative.interval.lower, relative.interval.upper)
    assert [int(number) for number in said.groups()] == [round(100 * value) for value in lift]
