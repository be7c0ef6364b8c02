from __future__ import annotations

import pytest

from impact_pipeline.diagnostics.causal.placebo_in_time import PlaceboInTime
from impact_pipeline_tests.estimators.causal.synthetic_questions import BEFORE, drawn_outcomes, finding, ramp

MOST_FALSE_ALARMS = 3
"""Of 15 at 5 %."""
METHODS = ("outcome_only", "augmented", "synthetic_difference_in_differences")


@pytest.mark.parametrize("method", METHODS)
def test_an_effect_that_begins_before_the_change_fails(method: str) -> None:
    values = drawn_outcomes(6)
    values[0, BEFORE - 6 :] += 8
    found = finding(PlaceboInTime(), values, method=method)
    assert found.passed is False
    assert found.details["since"] == "12"
    assert "Put back to period 12" in found.sentence


def test_a_trend_of_its_own_fails() -> None:
    values = drawn_outcomes(6)
    values[0, BEFORE - 8 :] += ramp(14, 2.0)
    assert finding(PlaceboInTime(), values).passed is False


def test_no_effect_before_the_change_fails_about_as_often_as_alpha_says() -> None:
    failed = sum(finding(PlaceboInTime(), drawn_outcomes(seed, effect=5.0)).passed is False for seed in range(15))
    assert failed <= MOST_FALSE_ALARMS


def test_few_periods_or_donors_leave_nothing_to_judge() -> None:
    assert finding(PlaceboInTime(), drawn_outcomes(), before=5).passed is None
    few = finding(PlaceboInTime(), drawn_outcomes(donors=8), inference="conformal")
    assert few.passed is None
    assert "19 are needed" in few.sentence
