from __future__ import annotations

import pytest

from impact_pipeline.calibration.scenarios.staggered_adoption import SCENARIOS
from impact_pipeline_tests.calibration.scenarios.assessed import assert_the_scenarios_are_what_they_say


def test_scenarios_are_what_they_say() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=12)


@pytest.mark.slow
def test_scenarios_are_what_they_say_in_many_draws() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=120)
