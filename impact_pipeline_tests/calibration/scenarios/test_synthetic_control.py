from __future__ import annotations

import pytest

from impact_pipeline.calibration.scenarios.synthetic_control import SCENARIOS
from impact_pipeline_tests.calibration.scenarios.assessed import assert_the_scenarios_are_what_they_say

FAST = ("effect", "no_effect", "outside", "trend")
QUICK = tuple(one for one in SCENARIOS if one.name.removeprefix("synthetic_control_") in FAST)
"""Each takes a few hundredths of a second a draw."""


def test_quick_scenarios_are_what_they_say() -> None:
    assert_the_scenarios_are_what_they_say(QUICK, draws=16)


@pytest.mark.slow
def test_scenarios_are_what_they_say_in_many_draws() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=50)
