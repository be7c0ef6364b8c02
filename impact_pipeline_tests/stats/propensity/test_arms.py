"""What is refused before any covariate is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.arms import arms_refusal
from impact_pipeline.stats.samples.cross_section import Floats

OUTCOME = np.array([1.0, 2.0, 3.0, 4.0])
HALF = np.array([0.0, 0.0, 1.0, 1.0])


def test_two_arms_with_outcomes_that_vary_pass() -> None:
    assert arms_refusal(OUTCOME, HALF) is None


@pytest.mark.parametrize(
    ("outcome", "treatment", "weights", "reason", "told"),
    [
        (OUTCOME, np.zeros(4), None, "empty_arm", "0 units are treated and 4 are not"),
        (OUTCOME, np.array([0.0, 0, 0, 1]), None, "too_few_units", "1 unit is treated and 3 are not"),
        (OUTCOME, np.array([0.0, 1, 1, 1]), None, "too_few_units", "3 units are treated and 1 is not"),
        (np.full(4, 7.0), HALF, None, "zero_variance", "the outcome is 7 for all 4 units"),
        (np.array([1.0, np.nan, 2, 3]), HALF, None, "measure_undefined", "no finite value in 1 of 4 rows"),
        (OUTCOME, np.array([0.0, 0, 1, 2]), None, "measure_undefined", "found 2"),
        (OUTCOME, HALF, np.array([1.0, 1, 0, 1]), "measure_undefined", "weights are finite and above 0"),
    ],
)
def test_arms_that_cannot_be_compared_are_refused(
    outcome: Floats, treatment: Floats, weights: Floats | None, reason: str, told: str
) -> None:
    found = arms_refusal(outcome, treatment, weights)
    assert found is not None
    assert found.reason == reason
    assert told in found.detail
