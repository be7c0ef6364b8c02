from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from impact_pipeline.world.activity import live_day
from impact_pipeline.world.assignment import assignments
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import make_population
from impact_pipeline.world.tables import ALWAYS_ON, DayTables, as_iso_text, profiles

CONFIG = WorldConfig(users=6_000, days=20, warm_up_days=2, exposure_days=4)
POPULATION = make_population(CONFIG)
EVENT_AT = {
    "sessions": "started_at",
    "orders": "placed_at",
    "tickets": "opened_at",
    "predictions": "predicted_at",
    "exposures": "exposed_at",
}


def tables_of(day: int) -> dict[str, pa.Table]:
    lived = live_day(CONFIG, POPULATION, assignments(CONFIG), day)
    return DayTables(CONFIG, POPULATION, lived).all()


@pytest.fixture(scope="module")
def clean() -> dict[str, pa.Table]:
    return tables_of(3)


@pytest.mark.parametrize("dataset", list(EVENT_AT))
def test_rows_lie_in_their_utc_day_and_arrive_after_the_event(clean: dict[str, pa.Table], dataset: str) -> None:
    table = clean[dataset]
    events = table[EVENT_AT[dataset]]
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    assert midnight <= pc.min(events).as_py()
    assert pc.max(events).as_py() < midnight + timedelta(days=1)
    delays = pc.subtract(table["loaded_at"].cast(pa.int64()), events.cast(pa.int64()))
    assert pc.min(delays).as_py() >= 0
    assert pc.max(delays).as_py() <= 48 * 3_600 * 1_000_000


def test_a_few_rows_arrive_days_late(clean: dict[str, pa.Table]) -> None:
    table = clean["sessions"]
    delays = pc.subtract(table["loaded_at"].cast(pa.int64()), table["started_at"].cast(pa.int64())).to_numpy()
    late = (delays > 24 * 3_600 * 1_000_000).mean()
    assert 0.001 < late < 0.012


def test_keys_occur_once(clean: dict[str, pa.Table]) -> None:
    for dataset, key in (("sessions", "session_id"), ("orders", "order_id"), ("predictions", "prediction_id")):
        column = clean[dataset][key]
        assert pc.count_distinct(column).as_py() == len(column)


def test_amounts_are_decimal_text_with_cents(clean: dict[str, pa.Table]) -> None:
    amounts = clean["orders"]["amount"].to_pylist()
    assert all(Decimal(amount).as_tuple().exponent == -2 for amount in amounts)


@pytest.mark.parametrize(
    ("day", "dataset", "column", "bad"),
    [
        (4, "orders", "amount", "-1.00"),
        (6, "orders", "amount", None),
        (7, "orders", "status", "paied"),
        (5, "sessions", "user_id", None),
    ],
)
def test_dirty_days_have_a_few_bad_rows(day: int, dataset: str, column: str, bad: str | None) -> None:
    values = tables_of(day)[dataset][column].to_pylist()
    assert 0 < values.count(bad) < 0.03 * len(values)


def test_something_is_logged_as_an_exposure_on_days_without_a_study() -> None:
    assert set(tables_of(0)["exposures"]["study"].to_pylist()) == {ALWAYS_ON}


def test_arms_are_assigned_before_they_are_met(clean: dict[str, pa.Table]) -> None:
    table = clean["exposures"]
    assert pc.all(pc.less(table["assigned_at"], table["exposed_at"])).as_py()


def test_everybody_has_a_profile_on_the_first_day_and_newcomers_on_theirs() -> None:
    there, later = POPULATION.signed_up_on < 0, POPULATION.signed_up_on == 3
    assert set(profiles(CONFIG, POPULATION, 0)["user_id"].to_pylist()) == set(
        POPULATION.ids.filter(pa.array(there)).to_pylist()
    )
    assert set(POPULATION.ids.filter(pa.array(later)).to_pylist()) <= set(
        profiles(CONFIG, POPULATION, 3)["user_id"].to_pylist()
    )


def test_instants_become_iso_text_in_utc() -> None:
    at = datetime(2026, 3, 2, 1, 2, 3, 4_000, tzinfo=UTC)
    table = pa.table({"id": ["a"], "at": pa.array([at], pa.timestamp("us", "UTC"))})
    assert as_iso_text(table).to_pylist() == [{"id": "a", "at": "2026-03-02T01:02:03.004000+00:00"}]
