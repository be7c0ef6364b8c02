from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from impact_pipeline.stats.synthetic_control.simplex import kkt_gap, nearest_to_origin, simplex_weights

OPTIMAL = 1e-9
"""What may still be gained by moving weight, as a share of the largest squared distance."""
SLSQP = 1e-5
"""The oracle's own precision in weights."""


@pytest.mark.parametrize("seed", range(40))
def test_simplex_weights_are_optimal_in_any_shape(seed: int) -> None:
    rng = np.random.default_rng(seed)
    donors, periods = int(rng.integers(2, 70)), int(rng.integers(1, 40))
    points = rng.normal(size=(donors, periods)) * 10.0 ** rng.integers(-4, 5)
    if seed % 4 == 0:
        points = np.vstack([points, points[:2]])
    inside = rng.dirichlet(np.ones(len(points))) @ points
    target = inside if seed % 2 else inside + points.std() * rng.normal(size=periods)
    ridge = float(rng.choice([0.0, 0.1, 10.0]))
    weights = simplex_weights(points, target, ridge)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert kkt_gap(points, target, weights, ridge) < OPTIMAL


def test_simplex_weights_agree_with_a_general_optimiser() -> None:
    rng = np.random.default_rng(7)
    points, target = rng.normal(size=(8, 20)), rng.normal(size=20)
    found = minimize(
        lambda w: np.sum((w @ points - target) ** 2), np.full(8, 1 / 8), bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, method="SLSQP", options={"ftol": 1e-14},
    )  # fmt: skip
    np.testing.assert_allclose(simplex_weights(points, target), found.x, atol=SLSQP)


def test_simplex_weights_do_not_depend_on_where_the_search_starts() -> None:
    rng = np.random.default_rng(1)
    points, target = rng.normal(size=(12, 30)), rng.normal(size=30)
    cold = simplex_weights(points, target)
    for start in ([0], [3, 5, 7], list(range(12))):
        np.testing.assert_allclose(simplex_weights(points, target, start=np.array(start)), cold, atol=1e-10)


def test_simplex_weights_of_one_point_are_1() -> None:
    assert simplex_weights(np.ones((1, 3)), np.zeros(3)).tolist() == [1.0]


def test_nearest_to_origin_takes_equal_points_as_they_come() -> None:
    assert nearest_to_origin(np.zeros((3, 3))).sum() == 1


def test_kkt_gap_sees_weights_that_are_not_optimal() -> None:
    assert kkt_gap(np.array([[0.0], [4.0]]), np.array([1.0]), np.array([0.5, 0.5])) > 0.1
