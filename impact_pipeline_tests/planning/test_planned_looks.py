from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from impact_pipeline.planning.enrolment import Enrolment, enrolment_of
from impact_pipeline.planning.planned_looks import PlannedLooks, planned_looks
from impact_pipeline.stats.alpha_spending import obrien_fleming
from impact_pipeline.stats.comparison import Comparison
from impact_pipeline.stats.confidence_sequence import critical_value
from impact_pipeline.stats.group_sequential import spending_bounds
from impact_pipeline.stats.group_sequential_power import inflation_factor, power_by_look
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, GroupSequential
from impact_pipeline.stats.power import power_of
from impact_pipeline.stats.sample_size import power_at
from impact_pipeline_tests.small_studies import START, mean_metric, study

ARMS = Comparison(4.0, 4.0)


def looks_of(looks: dict[str, Any], *, days: int = 10, window: int = 3, daily: int = 100) -> PlannedLooks:
    found = study(mean_metric(days=window), days=days, looks=looks)
    enrolment = enrolment_of(found.plan, [daily] * 7)
    assert isinstance(enrolment, Enrolment)
    return planned_looks(found, enrolment, window - 1)


def sequential(*days: int, planned: int = 1000) -> dict[str, Any]:
    on = [(START + timedelta(days=n)).isoformat() for n in days]
    return {"type": "group_sequential", "on": on, "planned_units": planned}


def test_one_look_is_students() -> None:
    found = looks_of({"type": "fixed"})
    assert isinstance(found.inference, FixedHorizon)
    test = found.test(0.05, 2, student=True)
    assert test.power(40, 1.0, ARMS) == power_at(40, 1.0, ARMS)
    assert test.inflation(0.8) == 1.0
    assert found.test(0.05, 2, student=False).power(40, 1.0, ARMS) == pytest.approx(power_of(1.0, ARMS.std_error(40)))


def test_a_sequence_costs_what_its_critical_value_is_at_the_units_that_come() -> None:
    found = looks_of({"type": "always_valid", "planned_units": 2000})
    assert found.inference == AlwaysValid(2000.0)
    test = found.test(0.025, 2, student=True, n=1000.0)
    z = critical_value(1000.0, 2000.0, 0.025, tuned_at=0.05)
    assert test.power(1000, 0.4, ARMS) == pytest.approx(power_of(0.4, ARMS.std_error(1000), critical_value=float(z)))
    tuned = found.test(0.05, 1, student=True).rejection
    assert tuned.critical_value == pytest.approx(float(critical_value(1.0, 1.0, 0.05, sides=1)))
    assert not tuned.student


def test_a_sequence_of_two_arms_of_three_is_tuned_for_their_units() -> None:
    arms = {"control": 0.5, "other": 0.3, "treatment": 0.2}
    design = {"type": "randomized", "arms": arms, "control": "control"}
    found = study(mean_metric(), design=design, looks={"type": "always_valid", "planned_units": 2000})
    enrolment = enrolment_of(found.plan, [100] * 7)
    assert isinstance(enrolment, Enrolment)
    assert planned_looks(found, enrolment, 0).planned_n == pytest.approx(1400)


def test_looks_before_the_last_have_the_units_whose_windows_have_closed() -> None:
    """Nights of days 4 and 8: exposures of days 0 to 2, and 0 to 6, have closed windows of three days."""
    found = looks_of(sequential(4, 8))
    assert found.of_planned == pytest.approx((0.3, 0.7, 1.0))
    assert found.of_last == pytest.approx((0.3, 0.7, 1.0))
    assert isinstance(found.inference, GroupSequential)
    test = found.test(0.05, 2, student=True)
    bounds = spending_bounds(found.of_planned, obrien_fleming, 0.05)
    assert test.bounds == bounds
    drift = 0.4 / ARMS.std_error(1000)
    assert test.power(1000, 0.4, ARMS) == pytest.approx(power_by_look(found.of_planned, bounds, drift)[-1])
    assert test.inflation(0.8) == pytest.approx(inflation_factor(found.of_planned, bounds, 0.8))
    assert 1 < test.inflation(0.8) < 1.05


def test_the_planned_look_spends_all_of_alpha_though_fewer_units_come_than_planned() -> None:
    found = looks_of(sequential(4, 8, planned=2000))
    assert found.of_planned == pytest.approx((0.15, 0.35, 1.0))
    assert found.of_last == pytest.approx((0.3, 0.7, 1.0))


def test_a_look_without_closed_windows_is_none() -> None:
    assert looks_of(sequential(0, 4)).of_planned == pytest.approx((0.3, 1.0))
