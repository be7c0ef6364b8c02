"""The published search for weights on a simplex, which stops early: for tables made by it, not for new studies."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.simplex import Floats

ENOUGH = 1e-5
"""The search ends when a step lowers the root of the objective by less than this share of the noise."""
FIRST_STEPS, MOST_STEPS = 100, 10_000
KEPT = 0.25
"""After the first steps, weights up to this share of the greatest are put to 0."""
SMALLEST_RIDGE = 1e-6
"""The root of the ridge, as a share of the noise, where a method asks for none."""


def first_difference_noise(block: Block) -> float:
    """Standard deviation of donors' changes from period to period before the change; 0 with a single period.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> round(first_difference_noise(block_of_arrays(np.array([[0.0, 0, 0, 0], [1.0, 2, 5, 5]]), 1, 3)), 4)
    1.4142
    """
    changes = np.diff(block.donors[:, : block.starts], axis=1)
    return float(changes.std(ddof=1)) if changes.size > 1 else 0.0


def search_early_stopped(points: Floats, target: Floats, ridge_root: float, noise: float) -> Floats:
    """Weights by Frank and Wolfe's steps with exact line search, as in the software of Arkhangelsky et al. (2021).

    The objective is `|w' points - target|^2 / k + ridge_root^2 |w|^2` over (J, k) points, from equal weights on. After
    at most 100 steps small weights are dropped, then it goes on. It stops where progress is small, not at the optimum.

    >>> points = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    >>> search_early_stopped(points, np.array([1.0, 1.0]), 0.0, 1.0).round(3).tolist()
    [0.5, 0.25, 0.25]
    """
    enough = (ENOUGH * noise) ** 2
    away = points - target
    gram = away @ away.T / points.shape[1]
    gram[np.diag_indices_from(gram)] += ridge_root**2
    weights = _steps(gram, np.full(len(points), 1 / len(points)), enough, FIRST_STEPS)
    weights = np.where(weights > KEPT * weights.max(), weights, 0.0)
    return _steps(gram, weights / weights.sum(), enough, MOST_STEPS)


def _steps(gram: Floats, weights: Floats, enough: float, most: int) -> Floats:
    """Frank-Wolfe on `w' gram w`; the product `gram w` follows each step by one column."""
    slopes = gram @ weights
    before = np.inf
    for step in range(most):
        toward = int(slopes.argmin())
        current = float(weights @ slopes)
        curvature = gram[toward, toward] - 2 * slopes[toward] + current
        share = min(1.0, max(0.0, (current - float(slopes[toward])) / curvature)) if curvature > 0 else 0.0
        weights = weights * (1 - share)
        weights[toward] += share
        slopes = slopes * (1 - share) + share * gram[toward]
        now = float(weights @ slopes)
        if step and before - now <= enough:
            break
        before = now
    return weights
