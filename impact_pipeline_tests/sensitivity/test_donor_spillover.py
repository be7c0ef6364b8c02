from __future__ import annotations

import numpy as np

from impact_pipeline.sensitivity.donor_spillover import DonorSpillover
from impact_pipeline_tests.estimators.causal.synthetic_questions import BEFORE, drawn_outcomes, finding

MOST_FALSE_ALARMS = 2
"""Of 8 at 5 %."""


def _with_neighbours(seed: int, spilled: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    values = drawn_outcomes(seed, donors=40)
    near = values[0] + 0.4 * np.random.default_rng(seed).normal(size=(6, 24))
    near[:, BEFORE:] += spilled
    values[0, BEFORE:] += 3
    return np.vstack([values[:1], near, values[1:]])


def test_donors_that_moved_with_the_change_fail() -> None:
    found = finding(DonorSpillover(), _with_neighbours(1, -8.0))
    assert found.passed is False
    assert float(found.details["gap"]) < -4


def test_donors_that_did_not_move_pass() -> None:
    failed = sum(finding(DonorSpillover(), _with_neighbours(seed, 0.0)).passed is False for seed in range(8))
    assert failed <= MOST_FALSE_ALARMS


def test_few_donors_are_told_what_a_spillover_would_mean() -> None:
    found = finding(DonorSpillover(), drawn_outcomes(effect=4.0))
    assert found.passed is None
    assert "Had the change moved them by half of what it did" in found.sentence
