"""Chances that a statistic looked at again and again crosses its bounds, by recursive numerical integration.

With the score `S_k = Z_k sqrt(t_k)` of the statistic Z_k at information t_k, what is added between looks is independent
of the past and normal, of mean `drift (t_k - t_(k-1))` and variance `t_k - t_(k-1)`. So the density of the scores that
crossed no bound yet goes from look to look by one integral over the one before. Armitage, McPherson, Rowe (1969), JRSS
A 132; Jennison, Turnbull (2000), Group Sequential Methods, chapter 19.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, inf, log, pi, sqrt
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REACH = 9.0
"""Standard deviations of a score, either side of its mean, that are integrated over: 2e-19 lies beyond."""

NODES, PANEL = 20, 8.0
"""Gauss-Legendre nodes in a panel, and its greatest width in standard deviations of what a look adds."""

STEPS = 100
"""Newton's steps at most; about six are needed."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths that crossed no bound so far: nodes of their score, with the probability each stands for."""

    information: float
    score: Floats
    mass: Floats

    def above(self, score: float, information: float, drift: float = 0.0) -> float:
        """Chance to have crossed nothing so far and to lie above the score at the next look."""
        from scipy.special import ndtr

        return float(self.mass @ ndtr(-self._away(score, information, drift)))

    def below(self, score: float, information: float, drift: float = 0.0) -> float:
        """Chance to have crossed nothing so far and to lie below the score at the next look."""
        from scipy.special import ndtr

        return float(self.mass @ ndtr(self._away(score, information, drift)))

    def score_with(self, probability: float, information: float) -> float:
        """The score with `above(score) = probability`: inf where that is 0, -inf where fewer are left.

        Newton's method on the logarithm of `above`, which is concave: from the score with this probability among all
        paths, crossed or not, it can only come down to the root.
        """
        from scipy.special import ndtri

        if probability <= 0 or not self.mass.size:
            return inf if probability <= 0 else -inf
        score = -float(ndtri(probability)) * sqrt(information)
        for _ in range(STEPS):
            log_above, slope = self._log_above(score, information)
            step = (log(probability) - log_above) / slope
            score -= step
            if step <= 1e-15 * sqrt(information) or score < -REACH * sqrt(information):
                break
        return score if score > -REACH * sqrt(information) else -inf

    def within(self, lower: float, upper: float, information: float, width: float, drift: float = 0.0) -> Self:
        """Those that also lie between two scores at the next look; `width` is the least deviation to resolve."""
        mean, reach = drift * information, REACH * sqrt(information)
        score, weight = _panels(max(lower, mean - reach), min(upper, mean + reach), width)
        added = information - self.information
        origin = score - drift * added
        near = self._nodes_near(origin, REACH * sqrt(added))
        chance = self.mass[near] * np.exp(-0.5 * (origin[:, None] - self.score[near]) ** 2 / added)
        return type(self)(information, score, weight * chance.sum(axis=1) / sqrt(2 * pi * added))

    def _log_above(self, score: float, information: float) -> tuple[float, float]:
        """Logarithm of `above`, without underflow, and how steeply it falls."""
        from scipy.special import log_ndtr

        away = self._away(score, information, 0.0)
        log_mass = np.log(np.maximum(self.mass, np.finfo(float).tiny))
        tails = log_mass + log_ndtr(-away)
        top = tails.max()
        total = np.exp(tails - top).sum()
        density = np.exp(log_mass - 0.5 * away**2 - top).sum() / sqrt(2 * pi * (information - self.information))
        return float(top + log(total)), float(density / total)

    def _nodes_near(self, score: Floats, reach: float) -> NDArray[np.intp]:
        """Indices of nodes, as many for each score, that include all within reach: few where a look adds little."""
        first = np.searchsorted(self.score, score - reach)
        count = int((np.searchsorted(self.score, score + reach) - first).max(initial=0))
        return np.minimum(first, self.score.size - count)[:, None] + np.arange(count)

    def _away(self, score: float, information: float, drift: float) -> Floats:
        """How far a score lies above what each node leads to, in standard deviations of what the look adds."""
        added = information - self.information
        away: Floats = (score - self.score - drift * added) / sqrt(added)
        return away


START = Paths(0.0, np.zeros(1), np.ones(1))
"""Before the first look."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Chance of each look to be the first at which the upper, or the lower, bound is crossed."""

    upper: Floats
    lower: Floats


def crossing(
    information: Sequence[float], bounds: Sequence[float], *, drift: float = 0.0, sides: Literal[1, 2] = 2
) -> Crossing:
    """Chances that Z_k first lies above bound k, or (two-sided) below minus bound k, at each look.

    `information` rises from above 0; `drift` is the mean of Z at information 1, at t it is `drift sqrt(t)`.

    >>> found = crossing([0.5, 1.0], [1.96, 1.96])
    >>> round(float(found.upper.sum() + found.lower.sum()), 3)
    0.083
    """
    paths, upper, lower = START, [], []
    for t, bound, width in zip(information, bounds, widths(information), strict=True):
        score = bound * sqrt(t)
        upper.append(paths.above(score, t, drift))
        lower.append(paths.below(-score, t, drift) if sides == 2 else 0.0)
        paths = paths.within(-score if sides == 2 else -inf, score, t, width, drift)
    return Crossing(np.array(upper), np.array(lower))


def widths(information: Sequence[float]) -> Floats:
    """Standard deviation to resolve at each look: of what it or the next adds; inf at the last, which needs none.

    >>> widths([0.25, 0.5, 0.51]).round(3).tolist()
    [0.5, 0.1, inf]
    """
    added = np.diff(np.asarray(information, dtype=np.float64), prepend=0.0)
    if not (added > 0).all():
        raise ValueError(f"information must rise from look to look, from above 0, found {list(information)}")
    smaller: Floats = np.append(np.minimum(added[:-1], added[1:]), inf)
    return np.sqrt(smaller)


def _panels(low: float, high: float, width: float) -> tuple[Floats, Floats]:
    """Nodes and weights of composite Gauss-Legendre quadrature; none for an empty interval."""
    node, weight = _legendre()
    length = max(0.0, high - low)
    count = ceil(length / (PANEL * width))
    half = length / (2 * max(1, count))
    middle = low + half * (2 * np.arange(count) + 1)
    return (middle[:, None] + half * node).ravel(), np.tile(half * weight, count)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    node, weight = np.polynomial.legendre.leggauss(NODES)
    return node, weight
