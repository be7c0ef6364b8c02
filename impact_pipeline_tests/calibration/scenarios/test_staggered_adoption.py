from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.calibration.scenarios.staggered_adoption import SCENARIOS
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.calibration.scenarios.assessed import assert_the_scenarios_are_what_they_say


def test_scenarios_are_what_they_say() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=12)


@pytest.mark.slow
def test_scenarios_are_what_they_say_in_many_draws() -> None:
    assert_the_scenarios_are_what_they_say(SCENARIOS, draws=120)


def test_equal_seeds_draw_equal_samples() -> None:
    for scenario in SCENARIOS:
        one, other = (scenario.draw(np.random.default_rng(5)) for _ in range(2))
        assert isinstance(one.sample, Panel)
        assert isinstance(other.sample, Panel)
        assert np.array_equal(one.sample.outcome, other.sample.outcome)
        assert one.truth == other.truth
