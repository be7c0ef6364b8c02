"""Scenarios with planted truths, assessed a number of times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.calibration.trial import trial

LEAST_COVERED = 0.8
"""Of 16 to 40 draws; where 0.95 is the true share, fewer than 80 % are covered once in a few hundred times."""
MOST_BIAS = 4.0
"""In standard errors of the mean over draws."""
LEAST_FOUND = 0.9


def assert_the_scenarios_are_what_they_say(scenarios: Sequence[Scenario], *, draws: int) -> None:
    """Covered and unbiased where assumptions hold; the expected check fails where they do not."""
    for scenario in scenarios:
        trials = [trial(scenario, number, seed=7) for number in range(draws)]
        errors = [one.value - one.truth for one in trials if one.value is not None]
        if scenario.holds:
            assert sum(one.covered for one in trials) >= LEAST_COVERED * draws, scenario.name
            assert abs(np.mean(errors)) < MOST_BIAS * np.std(errors) / draws**0.5, scenario.name
        else:
            found = sum(bool(set(one.failed) & set(scenario.expects)) for one in trials)
            assert found >= LEAST_FOUND * draws, scenario.name
