"""Tests that none of several normal means is above 0, given which of them is largest; many such sets at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIRST_SHARE = 0.1
"""Share of alpha that the least favourable step takes (Rambachan, Roth 2023)."""
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Inequalities:
    """Of each set s means of `values - slopes x`, (s, m), with `covariance`, (s, m, m): at a true x none is above 0.

    `bounds` are what a set's largest statistic exceeds with chance `FIRST_SHARE alpha` where all its means are 0.
    """

    values: Floats
    slopes: Floats
    covariance: Floats
    bounds: Floats

    def rejected(self, x: Floats, alpha: float) -> NDArray[np.bool_]:
        """By set and x, (s, x), whether some mean is above 0: the hybrid of a least favourable and a conditional test.

        Below its bound the largest is compared with the normal truncated to where it stays the largest. Andrews, Roth,
        Pakes (2023), Review of Economic Studies 90.

        >>> one = Inequalities(np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1, 1)), np.array([2.5758]))
        >>> one.rejected(np.array([-2.0, -1.0]), 0.05).tolist()
        [[True, False]]
        """
        first = alpha * FIRST_SHARE
        found = self.values[:, None, :] - self.slopes[:, None, :] * x[None, :, None]
        place = found.argmax(axis=2)
        largest = found.max(axis=2)
        tails = self._tails(found, place, largest)
        above = largest > self.bounds[:, None]
        return np.asarray(above | ((largest > 0) & (tails < (alpha - first) / (1 - first))))

    def _tails(self, found: Floats, place: NDArray[np.intp], largest: Floats) -> Floats:
        """Chance that the largest exceeds what it is, were its mean 0, given that it is the largest and below bound."""
        sets = np.arange(len(found))[:, None]
        variance = self.covariance[sets, place, place]
        along = self.covariance[sets, place] / variance[:, :, None]
        gap = 1 - along
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = (found - along * largest[:, :, None]) / gap
        low = np.where(gap > ROUNDING, ends, -np.inf).max(axis=2)
        high = np.minimum(np.where(gap < -ROUNDING, ends, np.inf).min(axis=2), self.bounds[:, None])
        scale = np.sqrt(variance)
        return _truncated_tails(largest / scale, low / scale, high / scale)


def _truncated_tails(z: Floats, low: Floats, high: Floats) -> Floats:
    """`P(Z > z | low < Z < high)` of a standard normal; 1 below the truncation, 0 above it."""
    from scipy.special import log_ndtr

    above, at, below = log_ndtr(-high), log_ndtr(-z), log_ndtr(-low)
    inside = (low < z) & (z < high)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        tails = np.exp(at - below) * np.expm1(above - at) / np.expm1(above - below)
    return np.where(inside, tails, np.where(z < high, 1.0, 0.0))
