"""Scenarios with planted truths, assessed a number of times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.assessment.assess import assess
from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.causal.base import Effect, Question

LEAST_COVERED = 0.8
"""Of 16 to 40 draws; where 0.95 is the true share, fewer than 80 % are covered once in a few hundred times."""
MOST_BIAS = 4.0
"""In standard errors of the mean over draws."""
LEAST_FOUND = 0.9


def assert_the_scenarios_are_what_they_say(scenarios: Sequence[Scenario], *, draws: int) -> None:
    """Covered and unbiased where assumptions hold; the expected check fails where they do not."""
    for scenario in scenarios:
        errors, covered, found = [], 0, 0
        for seed in range(draws):
            drawn = scenario.draw(np.random.default_rng([7, seed]))
            told = assess(Question(drawn.sample, scenario.design, seed=seed))
            if isinstance(told.effects.main, Effect):
                errors.append(told.effects.main.value - drawn.truth)
                covered += told.effects.main.lower <= drawn.truth <= told.effects.main.upper
            found += any(finding.diagnostic in scenario.expects for finding in told.failed)
        if scenario.holds:
            assert covered >= LEAST_COVERED * draws, scenario.name
            assert abs(np.mean(errors)) < MOST_BIAS * np.std(errors) / draws**0.5, scenario.name
        else:
            assert found >= LEAST_FOUND * draws, scenario.name
