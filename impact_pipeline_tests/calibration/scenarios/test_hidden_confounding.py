from __future__ import annotations

from impact_pipeline.calibration.scenarios.hidden_confounding import SCENARIOS
from impact_pipeline_tests.calibration.scenarios.assessed import assert_the_scenarios_are_what_they_say


def test_scenarios_keep_and_break_what_they_say() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=16)
