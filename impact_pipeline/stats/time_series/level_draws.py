"""Draws from the posterior of a series: variances, coefficients, and the level's whole path, all of one piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.time_series.level_posterior import Posterior

Points = NDArray[np.intp]


BEFORE = 200
"""Draws of the periods before `full_from`, of which only a band is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """`expected` is the level with the regression, `outcome` has the irregular too, (periods, draws)."""

    expected: Array
    outcome: Array


@dataclass(frozen=True, slots=True, eq=False)
class LevelDraws:
    """`spread` is s, (draws,); `ratios` (draws, 1 or 2); `coefficients` (draws, k).

    `after` has all draws of the periods from `full_from` on, `before` every so-manieth (`thin`) of those before.
    """

    spread: Array
    ratios: Array
    coefficients: Array
    after: Drawn
    before: Drawn
    thin: int


def level_draws(posterior: Posterior, draws: int, rng: np.random.Generator, *, full_from: int = 0) -> LevelDraws:
    """Independent draws; each point of the grid has as many as its weight says, but for the remainder.

    >>> from impact_pipeline.stats.time_series.level_path import LocalLevel
    >>> from impact_pipeline.stats.time_series.level_posterior import level_posterior
    >>> from impact_pipeline.stats.time_series.level_regression import Observed
    >>> observed = Observed(np.arange(9.0) % 2, np.ones(9), np.empty((9, 0)), (), 0, LocalLevel(9))
    >>> found = level_draws(level_posterior(observed), 400, np.random.default_rng(0), full_from=7)
    >>> found.after.expected.shape, found.before.expected.shape
    ((2, 400), (7, 200))
    """
    chosen = _systematic(posterior.weights.ravel(), draws, rng)
    point, ridge = np.unravel_index(chosen, posterior.weights.shape)
    spread, b = _coefficients(posterior, point, ridge, rng)
    thin = max(draws // BEFORE, 1)
    late = _means(posterior, point, b, slice(full_from, None))
    early = _means(posterior, point[::thin], b[::thin], slice(0, full_from))
    if posterior.observed.path is not None:
        after, before = _paths(posterior, point, rng, full_from, thin)
        late += spread * posterior.observed.path.levels(after)
        early += spread[::thin] * posterior.observed.path.levels(before)
    ratios = np.array(posterior.ratios)[point].reshape(draws, -1)
    return LevelDraws(
        spread, ratios, b, _with_irregular(late, spread, rng), _with_irregular(early, spread[::thin], rng), thin
    )


def _with_irregular(expected: Array, spread: Array, rng: np.random.Generator) -> Drawn:
    return Drawn(expected, expected + spread * rng.standard_normal(expected.shape))


def _systematic(weights: Array, draws: int, rng: np.random.Generator) -> Points:
    """Places drawn with the weights, in order."""
    marks = (np.arange(draws) + rng.random()) / draws
    return np.minimum(np.searchsorted(np.cumsum(weights), marks), len(weights) - 1)


def _coefficients(posterior: Posterior, point: Points, ridge: Points, rng: np.random.Generator) -> tuple[Array, Array]:
    k, draws = posterior.observed.columns.shape[1], len(point)
    normals, gammas, b, spread = rng.standard_normal((draws, k)), np.empty(draws), np.empty((draws, k)), np.empty(draws)
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(point) != 0) | (np.diff(ridge) != 0)]))
    pairs = posterior.coefficients(point[starts].tolist(), ridge[starts].tolist())
    for first, end, found in zip(starts, [*starts[1:], draws], pairs, strict=True):
        shape, scale = posterior.variance_parameters(int(point[first]), found.squares)
        gammas[first:end] = rng.standard_gamma(shape, end - first)
        spread[first:end] = np.sqrt(scale / gammas[first:end])
        moved = summed("ij,dj->di", found.root, normals[first:end])
        b[first:end] = found.mean + spread[first:end, None] * moved
    return spread, b


def _means(posterior: Posterior, point: Points, b: Array, periods: slice) -> Array:
    """Expected level and regression given ratios and coefficients, (periods, draws); points are sorted."""
    found = np.empty((len(posterior.observed.outcome[periods]), len(point)))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(point) != 0]))
    for first, end in zip(starts, [*starts[1:], len(point)], strict=True):
        given = posterior.given[point[first]]
        columns = posterior.observed.columns[periods] - given.pulls[periods]
        found[:, first:end] = given.level[periods, None] + summed("ij,dj->id", columns, b[first:end])
    return found


def _paths(
    posterior: Posterior, point: Points, rng: np.random.Generator, full_from: int, thin: int
) -> tuple[Array, Array]:
    """States from period `full_from` on of all draws, and those before it of every `thin`-th, (states, draws)."""
    factors = [given.factor for given in posterior.given]
    roots = np.array([factor[0] for factor in factors]).T ** -0.5
    bands = [np.array([factor[width] for factor in factors]).T for width in range(1, len(factors[0]))]
    first = full_from * len(roots) // len(posterior.observed.outcome)
    normals = rng.standard_normal((len(roots) - first, len(point)))
    after = _earlier(roots[first:], [band[first:] for band in bands], point, normals, np.empty((0, len(point))))
    few = point[::thin]
    normals = rng.standard_normal((first, len(few)))
    before = _earlier(roots[:first], [band[:first] for band in bands], few, normals, after[: len(bands), ::thin])
    return after, before


def _earlier(roots: Array, bands: list[Array], point: Points, normals: Array, later: Array) -> Array:
    """Draws of states, the last first, given those right after them; each draw has the factor of its own point."""
    found = np.concatenate([normals, later])
    for state in range(len(normals) - 1, -1, -1):
        row = normals[state] * roots[state, point]
        for width, band in enumerate(bands, 1):
            if state + width < len(found):
                row -= band[state, point] * found[state + width]
        found[state] = row
    return found[: len(normals)]
