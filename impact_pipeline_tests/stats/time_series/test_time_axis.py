from __future__ import annotations

from datetime import date, timedelta

import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.time_axis import TimeAxis, time_axis


def axis(periods: list[str], days: list[date] | None = None) -> TimeAxis:
    found = time_axis(periods, days)
    assert isinstance(found, TimeAxis), found
    return found


def test_gaps_of_days_keep_their_width() -> None:
    days = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 3)]
    found = axis([day.isoformat() for day in days], days)
    assert (found.places.tolist(), found.step, found.length) == ([0, 1, 4], "day", 5)


def test_weeks_months_quarters_and_years_are_told_from_dates() -> None:
    weeks = [date(2024, 1, 1) + timedelta(days=7 * k) for k in (0, 1, 3)]
    months = [date(2023, 12, 1), date(2024, 1, 1), date(2024, 3, 1)]
    quarters = [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30)]
    years = [date(2020, 1, 1), date(2021, 1, 1), date(2023, 1, 1)]
    for days, step, places in (
        (weeks, "week", [0, 1, 3]),
        (months, "month", [0, 1, 3]),
        (quarters, "quarter", [0, 1, 2]),
        (years, "year", [0, 1, 3]),
    ):
        found = axis([day.isoformat() for day in days], days)
        assert (found.step, found.places.tolist()) == (step, places)


def test_whole_numbers_are_times_and_other_labels_follow_each_other() -> None:
    assert axis(["1970.0", "1972.0", "1974.0", "1980.0"]).places.tolist() == [0, 1, 2, 5]
    assert axis(["spring", "summer", "autumn"]).places.tolist() == [0, 1, 2]
    assert axis(["0.5", "0.7"]).places.tolist() == [0, 1]
    assert axis(["7"]).length == 1
    assert axis([]).length == 0


def test_a_period_that_stands_twice_is_refused_by_name() -> None:
    assert time_axis(["1", "2", "2"]) == Refusal(
        "measure_undefined", "period '2' stands twice: sum or average its rows first"
    )


def test_periods_out_of_order_are_refused_by_name() -> None:
    days = [date(2024, 1, 2), date(2024, 1, 1), date(2024, 1, 4)]
    found = time_axis([day.isoformat() for day in days], days)
    assert isinstance(found, Refusal)
    assert "period '2024-01-01' is not in order" in found.detail


def test_scattered_periods_are_refused() -> None:
    found = time_axis(["1", "2", "1000"])
    assert isinstance(found, Refusal)
    assert found.detail == "3 periods are scattered over 1000 steps; take longer periods"


@pytest.mark.parametrize("day", [1, 15, 29, 31])
def test_dates_on_one_day_of_the_month_are_months(day: int) -> None:
    days = [date(2024, 1, day), date(2024, 3, day), date(2024, 5, day), date(2024, 8, day)]
    found = axis([own.isoformat() for own in days], days)
    assert (found.step, found.places.tolist()) == ("month", [0, 2, 4, 7])
