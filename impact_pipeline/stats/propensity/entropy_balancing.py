"""Weights as even as can be under which covariate means are equal exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.columns import Columns, gram, inverted
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans, in_target
from impact_pipeline.stats.refusal import Refusal

MOST_STEPS = 200
CONVERGED = 1e-9
"""Largest difference of a mean that counts as none, in standard deviations of its column."""
MOST_SPREAD = 500.0
"""Log weights that differ by more give all weight to single units: no weights reach the target."""


@dataclass(frozen=True, eq=False)
class Balanced:
    """`weights` by unit in its own arm, with mean 1 over the target population's share."""

    means: PotentialMeans
    weights: Array


def balanced_means(
    columns: Columns, outcome: Array, treatment: Array, weights: Array, estimand: Estimand
) -> Balanced | Refusal:
    """Means of both arms under weights `w exp(x l)` whose covariate means are those of the target population.

    ATT: of the untreated; ATE: of each arm. Hainmueller (2012), Political Analysis 20; the dual by Newton's method.
    Errors take weights and target as estimated (M-estimation, as Zhao, Percival 2017).

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 1.0, 2.0, 4.0, 1.0, 2.0]), np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    >>> found = balanced_means(columns_of({"x": x}, 6), x + d, d, np.ones(6), "ATT")
    >>> round(found.means.effect, 9), round(float(found.weights[:4] @ x[:4] / found.weights[:4].sum()), 9)
    (1.0, 1.5)
    """
    target = weights * in_target(treatment, estimand)
    means, influences, own = [], [], np.zeros_like(outcome)
    for arm in (0, 1):
        in_arm = weights * (treatment == arm)
        tilt = _tilted(columns.matrix, in_arm, target)
        if isinstance(tilt, Refusal):
            return tilt
        mean, influence = _mean(columns.matrix, outcome, tilt, target)
        means.append(mean)
        influences.append(influence)
        own += np.divide(tilt, weights) * float(target.sum())
    return Balanced(PotentialMeans(means[0], means[1], influences[0], influences[1]), own)


def _tilted(matrix: Array, in_arm: Array, target: Array) -> Array | Refusal:
    """Weights of the arm's rows, which add up to 1, with the target's column means."""
    goal = matrix.T @ target / target.sum()
    rows = np.flatnonzero(in_arm)
    centred, base = matrix[rows][:, 1:] - goal[1:], np.log(in_arm[rows])
    tilt, level = np.zeros(centred.shape[1]), np.inf
    shares, level = _shares(centred, base, tilt)
    for _ in range(MOST_STEPS):
        gap = centred.T @ shares
        if np.abs(gap).max(initial=0.0) < CONVERGED:
            found = np.zeros(len(in_arm))
            found[rows] = shares
            return found
        curvature = gram(centred, shares) - np.outer(gap, gap)
        step = -np.linalg.lstsq(curvature, gap, rcond=1e-12)[0]
        tilt, shares, level = _lower(centred, base, (tilt, shares, level), step, float(gap @ step))
        if np.ptp(centred @ tilt) > MOST_SPREAD:
            break
    return Refusal("no_support", _unreached(int((in_arm > 0).sum()), len(goal) - 1))


def _shares(centred: Array, base: Array, tilt: Array) -> tuple[Array, float]:
    index = base + centred @ tilt
    top = float(index.max())
    grown = np.exp(index - top)
    return grown / grown.sum(), top + float(np.log(grown.sum()))


def _lower(
    centred: Array, base: Array, now: tuple[Array, Array, float], step: Array, slope: float
) -> tuple[Array, Array, float]:
    """A step that lowers the dual enough (Armijo), halved as often as needed."""
    tilt, _, level = now
    size = 1.0
    for _ in range(40):
        shares, reached = _shares(centred, base, tilt + size * step)
        if reached <= level + 1e-4 * size * slope + 1e-14 * abs(level):
            break
        size /= 2
    return tilt + size * step, shares, reached


def _mean(matrix: Array, outcome: Array, tilt: Array, target: Array) -> tuple[float, Array]:
    """The weighted mean, and its influences with weights and target means estimated."""
    n = len(outcome)
    mean = float(tilt @ outcome)
    goal = matrix.T @ target / target.sum()
    centred = matrix[:, 1:] - goal[1:]
    names = tuple(f"column {place}" for place in range(centred.shape[1]))
    inverse = inverted(gram(centred, tilt), names, "under the weights")
    if isinstance(inverse, Refusal):
        slope = np.linalg.pinv(gram(centred, tilt)) @ (centred.T @ (tilt * (outcome - mean)))
    else:
        slope = inverse @ (centred.T @ (tilt * (outcome - mean)))
    own = n * tilt * (outcome - mean - centred @ slope)
    return mean, own + target / float(target.mean()) * (centred @ slope)


def _unreached(units: int, covariates: int) -> str:
    return (
        f"no weights of {units} units of an arm reach the target's means of {covariates} covariates: they lie beyond"
        " what these units span; balance fewer covariates, or narrow the population"
    )
