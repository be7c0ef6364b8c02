from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.staggered_adoption.simultaneous import critical_value

DRAWS = 20_000
NOISE = 0.03


def critical(covariance: Array) -> float:
    return critical_value(covariance, 0.05, DRAWS, np.random.default_rng(0))


def test_independent_points_need_sidaks_level() -> None:
    expected = norm.ppf((1 + 0.95 ** (1 / 8)) / 2)
    assert critical(np.diag(np.arange(1.0, 9.0))) == pytest.approx(expected, abs=NOISE)


def test_points_that_move_as_one_need_no_more_than_one() -> None:
    assert critical(np.ones((5, 5))) == pytest.approx(norm.ppf(0.975), abs=NOISE)


def test_points_without_error_take_no_part() -> None:
    alone = np.zeros((3, 3))
    alone[1, 1] = 2.0
    assert critical(alone) == pytest.approx(norm.ppf(0.975), abs=NOISE)


def test_equal_seeds_give_equal_bands() -> None:
    assert critical(np.eye(4)) == critical(np.eye(4))
