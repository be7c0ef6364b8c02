from __future__ import annotations

import pytest

from impact_pipeline.calibration.scenarios.cross_fitted import SCENARIOS
from impact_pipeline_tests.calibration.scenarios.assessed import assert_the_scenarios_are_what_they_say

FEW = ("cross_fitted_att", "cross_fitted_no_overlap")


def test_scenarios_keep_and_break_what_they_say() -> None:
    chosen = [scenario for scenario in SCENARIOS if scenario.name in FEW]
    assert_the_scenarios_are_what_they_say(chosen, draws=8)


@pytest.mark.slow
def test_all_scenarios_keep_and_break_what_they_say_in_more_draws() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=100)
