from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from impact_pipeline.planning.enrolment import Enrolment, enrolment_of, treatment_arms, weakest_arm
from impact_pipeline.stats.power import NoPlan
from impact_pipeline_tests.small_studies import START, TWO_ARMS, mean_metric, study

WEEKLY = [70, 60, 50, 40, 30, 20, 10]


def enrolment(design: dict[str, Any] = TWO_ARMS, *, days: int = 7, arrivals: list[int] = WEEKLY) -> Enrolment:
    found = enrolment_of(study(mean_metric(), design=design, days=days).plan, arrivals)
    assert isinstance(found, Enrolment)
    return found


def ramp(first: dict[str, float], then: dict[str, float]) -> dict[str, Any]:
    phases = [{"starts": START, "arms": first}, {"starts": START + timedelta(days=2), "arms": then}]
    return {"type": "staged_rollout", "control": "control", "phases": phases}


def test_days_bring_what_they_brought_and_then_the_last_week_again() -> None:
    found = enrolment()
    assert [found.at(days).units for days in (1, 7, 8, 14)] == [70, 280, 350, 560]
    assert found.planned.units == 280
    assert found.planned.shares == pytest.approx((0.5, 0.5))


def test_units_are_expected_by_the_day_that_brings_the_last_of_them() -> None:
    found = enrolment()
    assert [found.days_for(units) for units in (1, 70, 70.5, 280, 281)] == [1, 1, 2, 7, 8]
    assert found.days_for(1e9) is None


def test_windows_close_as_many_days_later_as_they_are_long() -> None:
    found = enrolment()
    assert [found.closed_by(START + timedelta(days=n), 2) for n in (1, 2, 3, 90)] == [0.0, 70, 130, 280]


def test_phases_of_a_ramp_weigh_by_their_units() -> None:
    """`var = s^2 sum of w_k (1 / p_tk + 1 / p_ck) / n`: 130 of 280 units come at 1 : 4, the others at 1 : 1."""
    found = enrolment(ramp({"control": 0.8, "treatment": 0.2}, {"control": 0.5, "treatment": 0.5})).planned
    weight = 130 / 280
    assert found.units == 280
    assert 1 / found.shares[0] == pytest.approx(weight / 0.2 + (1 - weight) / 0.5)
    assert 1 / found.shares[1] == pytest.approx(weight / 0.8 + (1 - weight) / 0.5)


def test_a_phase_without_one_of_the_arms_brings_no_units() -> None:
    found = enrolment(ramp({"control": 1.0, "treatment": 0.0}, {"control": 0.5, "treatment": 0.5}))
    assert (found.at(2).units, found.planned.units) == (0.0, 150)
    assert found.planned.shares == (0.5, 0.5)
    assert found.days_for(60) == 4


def test_the_treatment_with_the_smallest_share_is_planned_for() -> None:
    arms = {"control": 0.5, "big": 0.4, "small": 0.1, "paused": 0.0}
    plan = study(mean_metric(), design={"type": "randomized", "arms": arms, "control": "control"}).plan
    assert treatment_arms(plan) == ("big", "small")
    assert weakest_arm(plan) == "small"


@pytest.mark.parametrize(
    ("arrivals", "told"),
    [([5, 5, 5], "history covers 3 days; a weekly pattern needs 7"), ([0] * 9, "no unit arrived in history")],
)
def test_too_short_or_empty_a_history_brings_no_plan(arrivals: list[int], told: str) -> None:
    assert enrolment_of(study(mean_metric()).plan, arrivals) == NoPlan(told)
