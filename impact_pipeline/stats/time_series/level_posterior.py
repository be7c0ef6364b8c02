"""How much the level moves and how far controls are shrunk, weighed by what the outcome says: a grid of both.

Given the grid's point, all else has an exact posterior (s^2 inverse gamma, coefficients and level Gaussian), so draws
are independent: no chain, no burn-in. Rue, Martino, Chopin (2009), JRSS B 71, for the grid. The prior of each ratio is
half-Cauchy (Polson, Scott 2012), that of s^2 is 1 / s^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.time_series.level_regression import (
    Coefficients,
    GivenPath,
    Observed,
    coefficients_of_pairs,
    evidences,
    given_path,
)

R = TypeVar("R", float, Array)

SCALES = (0.3, 0.03)
"""Half of the prior says that a period moves the level by less than 0.3 irregulars, its slope by a tenth of
that."""
RIDGE_SCALE = 1.0
BELOW, ABOVE = 0.01, 300.0
"""The grid reaches from a hundredth of a scale to some hundred times it."""
COARSE, COARSE_OF_TWO, FINE, FINE_OF_TWO, RIDGES = 12, 8, 25, 9, 12
NEGLIGIBLE = 8.0
"""Points whose log density is this far below the largest are left out of the fine grid."""


@dataclass(frozen=True, slots=True)
class LevelSpread:
    """Instead of the half-Cauchy: steps of the level have about this spread, as `weight` observations would say it."""

    spread: float
    weight: float = 32.0


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Points of the grid, (ratios) x (ridges), with their weights, which add up to 1."""

    observed: Observed
    ratios: tuple[tuple[float, ...], ...]
    ridges: tuple[float, ...]
    given: tuple[GivenPath, ...]
    weights: Array
    prior: LevelSpread | None

    def coefficients(self, points: Sequence[int], ridges: Sequence[int]) -> tuple[Coefficients, ...]:
        """Those of pairs of a point and a ridge."""
        given = [self.given[point] for point in points]
        return coefficients_of_pairs(self.observed, given, [self.ridges[ridge] for ridge in ridges])

    def variance_parameters(self, point: int, squares: float) -> tuple[float, float]:
        """Shape and scale of s^2's inverse gamma."""
        return _variance_parameters(self.observed, self.ratios[point], squares, self.prior)


def level_posterior(observed: Observed, prior: LevelSpread | None = None) -> Posterior:
    """The grid: coarse first, then fine where it matters.

    >>> from impact_pipeline.stats.time_series.level_path import LocalLevel
    >>> y = np.cumsum(np.random.default_rng(1).normal(size=60))
    >>> found = level_posterior(Observed(y, np.ones(60), np.empty((60, 0)), (), 0, LocalLevel(60)))
    >>> round(float(found.weights.sum()), 12), found.weights.shape[1]
    (1.0, 1)
    """
    ridges = tuple(np.geomspace(BELOW, ABOVE, RIDGES) * RIDGE_SCALE) if observed.shrunk else (1.0,)
    if observed.path is None:
        return _weighed(observed, [()], ridges, prior)
    count = COARSE if observed.path.diffuse == 1 else COARSE_OF_TWO
    axes = [np.geomspace(BELOW * scale, ABOVE * scale, count) for scale in SCALES[: observed.path.diffuse]]
    coarse = _weighed(observed, list(product(*axes)), ridges, prior)
    shape = tuple(len(axis) for axis in axes)
    heights = np.log(np.maximum(coarse.weights.max(axis=1), 1e-300)).reshape(shape)
    fine = FINE if len(axes) == 1 else FINE_OF_TWO
    narrowed = [_narrowed(axis, _profile(heights, at), fine) for at, axis in enumerate(axes)]
    return _weighed(observed, list(product(*narrowed)), ridges, prior)


def _weighed(
    observed: Observed, ratios: Sequence[tuple[float, ...]], ridges: tuple[float, ...], prior: LevelSpread | None
) -> Posterior:
    points = [tuple(map(float, point)) for point in ratios]
    given = tuple(given_path(observed, point) for point in points)
    evidence, squares = evidences(observed, given, np.array(ridges))
    heights = np.empty_like(evidence)
    for place, point in enumerate(points):
        shape, scale = _variance_parameters(observed, point, squares[place], prior)
        heights[place] = evidence[place] - shape * np.log(scale) + _log_prior(point, prior)
    if observed.shrunk:
        heights += [_log_half_cauchy(ridge, RIDGE_SCALE) for ridge in ridges]
    weights = np.exp(heights - heights.max())
    return Posterior(observed, tuple(points), ridges, given, weights / weights.sum(), prior)


def _log_prior(ratios: tuple[float, ...], prior: LevelSpread | None) -> float:
    """Log density of the logarithms of ratios, up to a constant."""
    halves = [_log_half_cauchy(ratio, half) for ratio, half in zip(ratios, SCALES, strict=False)]
    if prior is None or not ratios:
        return sum(halves)
    return sum(halves[1:]) - prior.weight * float(np.log(ratios[0]))


def _variance_parameters(
    observed: Observed, ratios: tuple[float, ...], squares: R, prior: LevelSpread | None
) -> tuple[float, R]:
    shape, scale = observed.degrees_of_freedom / 2, squares / 2
    if prior is None or not ratios:
        return shape, scale
    return shape + prior.weight / 2, scale + prior.weight / 2 * (prior.spread / ratios[0]) ** 2


def _log_half_cauchy(value: float, scale: float) -> float:
    """Of the logarithm of the value."""
    return float(np.log(value) - np.log1p((value / scale) ** 2))


def _profile(heights: Array, axis: int) -> Array:
    others = tuple(at for at in range(heights.ndim) if at != axis)
    return np.asarray(heights.max(axis=others) if others else heights)


def _narrowed(axis: Array, profile: Array, points: int) -> Array:
    """A finer axis over the part that matters and one coarse step on both sides."""
    matters = np.flatnonzero(profile > profile.max() - NEGLIGIBLE)
    low, high = max(int(matters[0]) - 1, 0), min(int(matters[-1]) + 1, len(axis) - 1)
    return np.geomspace(axis[low], axis[high], points)
