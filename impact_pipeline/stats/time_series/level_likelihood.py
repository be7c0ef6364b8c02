"""Maximum likelihood of the spreads of a series: what Durbin and Koopman print, beside the posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.time_series.level_posterior import SCALES
from impact_pipeline.stats.time_series.level_regression import (
    SMALLEST_SQUARES,
    Coefficients,
    GivenPath,
    Observed,
    coefficients,
    given_path,
)

NO_RIDGE = 1e6
LEAST, MOST = 1e-4, 1e3
"""Ratios that are looked at; at the least, the level does not move."""


@dataclass(frozen=True, slots=True, eq=False)
class MostLikely:
    """`irregular` is s^2, `steps` the variances of the level's (and its slope's) steps, in squares of the outcome."""

    observed: Observed
    ratios: tuple[float, ...]
    irregular: float
    steps: tuple[float, ...]
    given: GivenPath
    coefficients: Coefficients

    def expected(self) -> Array:
        """Level and regression of every period, (periods,)."""
        columns = self.observed.columns - self.given.pulls
        return np.asarray(self.given.level + columns @ self.coefficients.mean)

    def average(self, periods: Array) -> tuple[float, float]:
        """Mean of level and regression over periods (a 0/1 row), and its variance in units of s^2."""
        weights = periods / periods.sum()
        pulled = weights @ (self.observed.columns - self.given.pulls)
        value = float(weights @ self.expected())
        variance = float(np.sum((pulled @ self.coefficients.root) ** 2))
        if self.observed.path is not None:
            levels = self.observed.path.levels(self.observed.path.solve(self.given.factor, weights[:, None]))
            variance += float(weights @ levels[:, 0])
        return value, variance


def most_likely(observed: Observed) -> MostLikely:
    """Ratios that maximise the diffuse likelihood, with s^2 and coefficients at their best; controls are not shrunk.

    >>> from impact_pipeline.stats.time_series.level_path import LocalLevel
    >>> y = np.cumsum(np.random.default_rng(1).normal(size=200)) + np.random.default_rng(2).normal(size=200)
    >>> found = most_likely(Observed(y, np.ones(200), np.empty((200, 0)), (), 0, LocalLevel(200)))
    >>> round(found.irregular, 2), round(found.steps[0], 2)
    (1.18, 0.65)
    """
    from scipy.optimize import minimize, minimize_scalar

    count = observed.path.diffuse if observed.path else 0
    ratios: tuple[float, ...] = ()
    if count == 1:
        bounds = np.log(LEAST), np.log(MOST)
        coarse = np.linspace(*bounds, 17)
        best = int(np.argmin([_loss(observed, np.array([point])) for point in coarse]))
        near = coarse[max(best - 1, 0)], coarse[min(best + 1, 16)]
        found = minimize_scalar(
            lambda point: _loss(observed, np.array([point])), bounds=near, method="bounded", options={"xatol": 1e-7}
        )
        ratios = (float(np.exp(found.x)),)
    elif count == 2:
        start = np.log(SCALES)
        found = minimize(lambda point: _loss(observed, point), start, method="Nelder-Mead", options={"xatol": 1e-4})
        ratios = tuple(float(ratio) for ratio in np.exp(found.x))
    return at_ratios(observed, ratios)


def at_ratios(observed: Observed, ratios: tuple[float, ...]) -> MostLikely:
    """The most likely s^2 and coefficients where the ratios are given."""
    given = given_path(observed, ratios)
    found = coefficients(observed, given, NO_RIDGE)
    irregular = found.squares / observed.degrees_of_freedom_unshrunk
    return MostLikely(observed, ratios, irregular, tuple(irregular * r**2 for r in ratios), given, found)


def _loss(observed: Observed, logarithms: Array) -> float:
    """Less the log likelihood, up to a constant; infinite where rounding leaves no positive precision."""
    if not ((logarithms > np.log(LEAST / 10)) & (logarithms < np.log(MOST * 10))).all():
        return float("inf")
    try:
        given = given_path(observed, tuple(map(float, np.exp(logarithms))))
    except ValueError:
        return float("inf")
    found = coefficients(observed, given, NO_RIDGE)
    logarithm = float(np.log(max(found.squares, SMALLEST_SQUARES)))
    return observed.degrees_of_freedom_unshrunk / 2 * logarithm - found.log_evidence
