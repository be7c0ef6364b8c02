from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.propensity_calibration import PropensityCalibration
from impact_pipeline_tests.diagnostics.causal.one_log import asked, log
from impact_pipeline_tests.stats.off_policy.logs import open_bandit


@pytest.mark.parametrize("policy", ["bts", "random"])
def test_the_open_bandit_logs_pass_over_all_items_in_their_slots(policy: str) -> None:
    found = PropensityCalibration().check(asked(open_bandit(policy)), None).finding
    assert found.passed is True
    assert int(found.details["actions"]) >= 239


def test_propensities_of_another_policy_fail_by_the_action_that_is_furthest_off() -> None:
    found = PropensityCalibration().check(asked(log("wrong_propensities")), None).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert float(found.details["ratio"]) != pytest.approx(1.0, abs=0.05)


def test_right_propensities_fail_about_once_in_a_hundred_times() -> None:
    found = [PropensityCalibration().check(asked(log(seed=seed)), None).finding for seed in range(100)]
    assert sum(one.passed is False for one in found) <= 5


def test_propensities_of_0_or_1_have_nothing_to_judge() -> None:
    sample = log()
    none = PropensityCalibration().check(asked(replace(sample, propensity=np.zeros(len(sample)))), None).finding
    assert (none.passed, none.sentence) == (None, "Some propensities are not above 0.")
    sure = replace(sample, action=np.zeros(len(sample), dtype=np.intp), propensity=np.ones(len(sample)))
    assert PropensityCalibration().check(asked(sure), None).finding.passed is None
