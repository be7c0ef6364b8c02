from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.time_series.level_path import LocalLevel, LocalLinearTrend, path_draws

SAME_MATRIX = 1e-8
LENGTH = 12


def dense_precision(ratios: tuple[float, ...], seen: Array) -> Array:
    """Each step of the path is a row: `(next - now) / ratio`."""
    size = LENGTH * len(ratios)
    rows = []
    for t in range(LENGTH - 1):
        step = np.zeros(size)
        step[len(ratios) * (t + 1)], step[len(ratios) * t] = 1.0, -1.0
        if len(ratios) == 2:
            step[2 * t + 1] = -1.0
            slope = np.zeros(size)
            slope[2 * t + 3], slope[2 * t + 1] = 1 / ratios[1], -1 / ratios[1]
            rows.append(slope)
        rows.append(step / ratios[0])
    steps = np.array(rows)
    diagonal = np.zeros(size)
    diagonal[:: len(ratios)] = seen
    return steps.T @ steps + np.diag(diagonal)


@pytest.mark.parametrize("ratios", [(0.4,), (3.0,), (0.4, 0.1), (2.0, 0.7)])
def test_factor_solves_and_has_the_determinant_of_the_dense_precision(ratios: tuple[float, ...]) -> None:
    seen = np.ones(LENGTH)
    seen[[3, 4, 11]] = 0.0
    path = LocalLevel(LENGTH) if len(ratios) == 1 else LocalLinearTrend(LENGTH)
    precision, factor = dense_precision(ratios, seen), path.factor(seen, ratios)
    right = np.random.default_rng(0).normal(size=(LENGTH, 3)) * seen[:, None]
    spread = np.zeros((len(precision), 3))
    spread[:: len(ratios)] = right
    assert path.solve(factor, right) == pytest.approx(np.linalg.solve(precision, spread), rel=SAME_MATRIX)
    assert float(np.log(factor[0]).sum()) == pytest.approx(float(np.linalg.slogdet(precision)[1]), rel=SAME_MATRIX)


@pytest.mark.parametrize("ratios", [(0.4,), (0.4, 0.2)])
def test_draws_have_the_inverse_of_the_precision_as_covariance(ratios: tuple[float, ...]) -> None:
    path = LocalLevel(LENGTH) if len(ratios) == 1 else LocalLinearTrend(LENGTH)
    factor, size = path.factor(np.ones(LENGTH), ratios), LENGTH * len(ratios)
    unit = path_draws(factor, np.eye(size))
    assert unit @ unit.T == pytest.approx(np.linalg.inv(dense_precision(ratios, np.ones(LENGTH))), rel=SAME_MATRIX)


def test_a_path_of_which_nothing_was_seen_has_no_place() -> None:
    with pytest.raises(ValueError, match="no period was seen"):
        LocalLevel(4).factor(np.zeros(4), (1.0,))
    with pytest.raises(ValueError, match="fewer than two periods"):
        LocalLinearTrend(4).factor(np.zeros(4), (1.0, 1.0))
