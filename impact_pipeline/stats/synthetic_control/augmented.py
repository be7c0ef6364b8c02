"""Augmented synthetic control: what the convex combination misses before the change is made good by ridge."""

from __future__ import annotations

from typing import Literal

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, counterfactual
from impact_pipeline.stats.synthetic_control.simplex import Floats, simplex_weights

RidgeRule = Literal["one_standard_error", "least_error"]

CANDIDATES = 20
SMALLEST_RATIO = 1e-8
"""Ridges to choose from lie evenly in logarithms between the greatest and this share of it."""
FEWEST_PERIODS = 3
"""With fewer nothing can be left out, and the greatest ridge is taken."""


def augmented(
    block: Block,
    *,
    ridge: float | None = None,
    rule: RidgeRule = "one_standard_error",
    unit_means: bool = False,
    held_out: bool = False,
) -> Counterfactual:
    """`w + (x_1 - X' w)' (X X' + ridge I)^-1 X` with outcomes before the change less the donors' mean of the period.

    Weights add up to 1 but may be negative: it extrapolates where the target lies outside the donors' hull. Without a
    `ridge` it is chosen by leaving out one period before the change after the other: the greatest of 21 whose error is
    within one standard error of the least, or that of least error. Answers differ by this rule and by `unit_means`
    (every unit's own mean before the change taken out first, which is a fixed effect), so both are told with the
    number. Ben-Michael, Feller, Rothstein (2021), JASA 116.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> outcomes = np.array([[5.0, 6.0, 9.0], [1.0, 1.0, 2.0], [3.0, 5.0, 6.0]])
    >>> found = augmented(block_of_arrays(outcomes, 1, 2), ridge=1e-6)
    >>> found.weights.round(3).tolist()
    [-0.4, 1.4]
    """
    level = np.full(block.starts, 1 / block.starts) if unit_means else None
    points, target = block.donors[:, : block.starts], block.target[: block.starts]
    error = None
    if ridge is None or held_out:
        ridge, error = chosen_ridge(points, target, rule, ridge=ridge, unit_means=unit_means)
    weights = _weights(points, target, np.array([ridge]), unit_means=unit_means)[0]
    told = error if held_out else None
    return counterfactual(block, weights, period_weights=level, numbers={"ridge": ridge}, held_out_mspe=told)


def _weights(points: Floats, target: Floats, ridges: Floats, *, unit_means: bool) -> Floats:
    """By ridge, (ridges, J)."""
    points, target = _centred(points, target, unit_means=unit_means)
    base = simplex_weights(points, target)
    return np.asarray(base + _made_good(points, target, base, ridges))


def _centred(points: Floats, target: Floats, *, unit_means: bool) -> tuple[Floats, Floats]:
    """Less every unit's own mean, where asked for, then less the donors' mean of the period."""
    if unit_means:
        points, target = points - points.mean(axis=1, keepdims=True), target - target.mean()
    middle = points.mean(axis=0)
    return points - middle, target - middle


def _made_good(points: Floats, target: Floats, weights: Floats, ridges: Floats) -> Floats:
    """What each ridge adds to the weights, (ridges, J), by the singular values of the (J, t) points."""
    left, sizes, right = np.linalg.svd(points, full_matrices=False)
    missed = right @ (target - weights @ points)
    whole = sizes**2 + ridges[:, None]
    pull = np.divide(sizes * missed, whole, out=np.zeros_like(whole), where=whole > 0)
    return np.asarray(pull @ left.T)


def chosen_ridge(
    points: Floats, target: Floats, rule: RidgeRule, *, ridge: float | None = None, unit_means: bool = False
) -> tuple[float, float]:
    """The ridge, unless it is given, and its mean squared error, by cross-validation over all periods of (J, t) points.

    Each period is left out once; unit means come from the others.

    >>> rng = np.random.default_rng(0)
    >>> points = rng.normal(size=(5, 8))
    >>> least, error = chosen_ridge(points, points[0], "least_error")
    >>> least <= chosen_ridge(points, points[0], "one_standard_error")[0], round(error, 6)
    (True, 0.0)
    """
    greatest = float(np.linalg.norm(_centred(points, target, unit_means=unit_means)[0], 2)) ** 2
    ridges = greatest * SMALLEST_RATIO ** (np.arange(CANDIDATES + 1) / CANDIDATES)
    if ridge is not None or points.shape[1] < FEWEST_PERIODS or not greatest:
        ridges = np.array([greatest if ridge is None else ridge])
    periods = range(points.shape[1])
    errors = np.array([_left_out(points, target, period, ridges, unit_means=unit_means) for period in periods])
    means = errors.mean(axis=0)
    chosen = int(means.argmin())
    if rule == "one_standard_error" and len(ridges) > 1:
        allowed = means[chosen] + errors[:, chosen].std(ddof=1) / np.sqrt(len(errors))
        chosen = int(np.flatnonzero(means <= allowed)[0])
    return float(ridges[chosen]), float(means[chosen])


def _left_out(points: Floats, target: Floats, period: int, ridges: Floats, *, unit_means: bool) -> Floats:
    """Squared errors in one period, by ridge, of weights that were found without it."""
    rest, wanted = np.delete(points, period, axis=1), np.delete(target, period)
    weights = _weights(rest, wanted, ridges, unit_means=unit_means)
    own = wanted - weights @ rest
    level = own.mean(axis=1) if unit_means else 0.0
    return np.asarray((target[period] - weights @ points[:, period] - level) ** 2)
