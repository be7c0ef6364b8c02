"""Estimators and checks on samples with planted truths."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.calibration.scenarios.observational import SCENARIOS
from impact_pipeline.calibration.trial import trial

FAST, FULL = 40, 400
SLACK = {FAST: 0.12, FULL: 0.035}
"""Three Monte-Carlo errors of a share of 95 %, and a little for errors that are right in large samples only."""
FALSE_ALARMS = {FAST: 0.1, FULL: 0.06}
CAUGHT = 0.9


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_intervals_cover_and_broken_assumptions_are_found(scenario: Scenario) -> None:
    _judge(scenario, FAST)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_intervals_cover_and_broken_assumptions_are_found_in_many_draws(scenario: Scenario) -> None:
    _judge(scenario, FULL)


def _judge(scenario: Scenario, draws: int) -> None:
    trials = [trial(scenario, number, seed=17) for number in range(draws)]
    known = [one for one in trials if one.value is not None]
    failed = np.mean([bool(one.failed) or one.value is None for one in trials])
    by_check = Counter(name for one in trials for name in one.failed)
    if scenario.holds:
        assert np.mean([one.covered for one in known]) >= 0.95 - SLACK[draws]
        assert failed <= FALSE_ALARMS[draws], by_check
        assert abs(np.mean([one.value - one.truth for one in known if one.value is not None])) < 0.05
    else:
        assert failed >= CAUGHT
        assert set(by_check) & set(scenario.expects)
    if scenario.name.endswith("no_effect"):
        assert np.mean([one.significant for one in trials]) <= 0.05 + SLACK[draws]
