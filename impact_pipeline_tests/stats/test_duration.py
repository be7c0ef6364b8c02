from __future__ import annotations

from datetime import date, timedelta

import pytest

from impact_pipeline.stats.duration import LONGEST_DAYS, Duration, Flow, duration, expected_arrivals
from impact_pipeline.stats.power import NoPlan

WEEK = [100, 100, 100, 100, 100, 20, 20]


def test_weekdays_bring_what_they_brought() -> None:
    days = expected_arrivals([*WEEK, *(3 * arrivals for arrivals in WEEK), 400], 7)
    assert days.tolist() == [200, 200, 200, 200, 40, 40, pytest.approx((100 + 300 + 400) / 3)]


def test_enrolment_that_starts_later_keeps_its_weekdays() -> None:
    assert expected_arrivals(WEEK, 3, gap_days=5).tolist() == [20, 20, 100]


def test_regulars_run_out_and_the_last_week_repeats() -> None:
    history = [1000, 700, 500, 400, 300, 90, 80, 200, 190, 180, 170, 160, 50, 40]
    assert expected_arrivals(history, 21, flow="first_contact").tolist() == history + history[7:]


def test_a_history_of_first_contacts_takes_longer_than_its_mean_day_says() -> None:
    history = [1000, 500, 250, 120, 60, 30, 20, 20, 20, 20, 20, 20, 20, 20]
    mean, replayed = (duration(history, 4000, 7, flow=flow) for flow in ("steady", "first_contact"))
    assert isinstance(mean, Duration)
    assert isinstance(replayed, Duration)
    assert (mean.enrolment_days, replayed.enrolment_days) == (24, 108)


def test_enrolment_ends_on_the_day_that_brings_the_last_unit_needed() -> None:
    assert duration(WEEK, 540, 1) == Duration(7, 6, 540.0)
    assert duration(WEEK, 541, 1) == Duration(8, 7, 640.0)
    assert duration(WEEK, 270, 1, traffic_share=0.5) == Duration(7, 6, 270.0)


def test_whole_weeks_are_rounded_up() -> None:
    assert duration(WEEK, 541, 1, whole_weeks=True) == Duration(14, 13, 1080.0)
    assert duration(WEEK, 540, 1, whole_weeks=True) == Duration(7, 6, 540.0)


@pytest.mark.parametrize(("window_days", "look"), [(1, date(2026, 3, 13)), (7, date(2026, 3, 19))])
def test_the_look_is_on_the_day_that_closes_the_last_units_window(window_days: int, look: date) -> None:
    """Enrolment from 2 to 13 March; a unit exposed on the last day is measured on that day, 0, to day w - 1."""
    found = duration(WEEK, 1000, window_days)
    assert isinstance(found, Duration)
    assert found.enrolment_days == 12
    assert date(2026, 3, 2) + timedelta(days=found.look_day) == look


@pytest.mark.parametrize(
    ("history", "flow", "detail"),
    [
        ([0] * 14, "steady", "no unit arrived in history"),
        ([5] * 6, "steady", "history covers 6 days; a weekly pattern needs 7"),
        ([], "first_contact", "history covers 0 days; a weekly pattern needs 7"),
        ([9] + [0] * 7, "first_contact", f"1,000 units are needed, and only 9 expected in {LONGEST_DAYS} days"),
    ],
)
def test_a_study_that_never_fills_says_why(history: list[int], flow: Flow, detail: str) -> None:
    assert duration(history, 1000, 7, flow=flow) == NoPlan(detail)


@pytest.mark.parametrize("arrivals", [-1.0, float("nan")])
def test_a_day_of_history_cannot_be_negative_or_missing(arrivals: float) -> None:
    with pytest.raises(ValueError, match="arrivals of a day lie below 0 or are missing"):
        duration([*WEEK, arrivals], 10, 7)
