"""Draws from the posterior of a series: variances, coefficients, and the level's whole path, all of one piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.time_series.level_path import Bands
from impact_pipeline.stats.time_series.level_posterior import Posterior

Points = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class LevelDraws:
    """`spread` is s, (draws,); `ratios` (draws, 1 or 2); `coefficients` (draws, k); `expected` is the level with the
    regression, without the irregular, (periods, draws); `irregular` is that of every period, of the same shape."""

    spread: Array
    ratios: Array
    coefficients: Array
    expected: Array
    irregular: Array


def level_draws(posterior: Posterior, draws: int, rng: np.random.Generator) -> LevelDraws:
    """Independent draws; each point of the grid has as many as its weight says, but for the remainder.

    >>> from impact_pipeline.stats.time_series.level_path import LocalLevel
    >>> from impact_pipeline.stats.time_series.level_posterior import level_posterior
    >>> from impact_pipeline.stats.time_series.level_regression import Observed
    >>> observed = Observed(np.arange(9.0) % 2, np.ones(9), np.empty((9, 0)), (), 0, LocalLevel(9))
    >>> level_draws(level_posterior(observed), 100, np.random.default_rng(0)).expected.shape
    (9, 100)
    """
    chosen = _systematic(posterior.weights.ravel(), draws, rng)
    point, ridge = np.unravel_index(chosen, posterior.weights.shape)
    spread, b = _coefficients(posterior, point, ridge, rng)
    length = len(posterior.observed.outcome)
    expected = _means(posterior, point, b)
    if posterior.observed.path is not None:
        factors = [given.factor for given in posterior.given]
        states = path_paths(factors, point, rng.standard_normal((len(factors[0][0]), draws)))
        expected += spread * posterior.observed.path.levels(states)
    ratios = np.array(posterior.ratios)[point].reshape(draws, -1)
    return LevelDraws(spread, ratios, b, expected, spread * rng.standard_normal((length, draws)))


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


def _means(posterior: Posterior, point: Points, b: Array) -> Array:
    """Expected level and regression given ratios and coefficients, (periods, draws)."""
    found = np.empty((len(posterior.observed.outcome), len(point)))
    for place in np.unique(point):
        own, given = np.flatnonzero(point == place), posterior.given[place]
        columns = posterior.observed.columns - given.pulls
        found[:, own] = given.level[:, None] + summed("ij,dj->id", columns, b[own])
    return found


def path_paths(factors: list[Bands], point: Points, normals: Array) -> Array:
    """Draws of paths, each with the factor of its own point, (states, draws)."""
    roots = np.array([factor[0] for factor in factors]).T ** -0.5
    bands = [np.array([factor[width] for factor in factors]).T for width in range(1, len(factors[0]))]
    found = np.empty_like(normals)
    for state in range(len(normals) - 1, -1, -1):
        row = normals[state] * roots[state, point]
        for width, band in enumerate(bands, 1):
            if state + width < len(normals):
                row -= band[state, point] * found[state + width]
        found[state] = row
    return found
