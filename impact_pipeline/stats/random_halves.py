"""Random halves of the same bins: does a test that should reject at alpha do so?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impact_pipeline.stats.moments import as_exact

IDEAL_DRAWS = 1000
"""Data sets that behave as a test assumes, by which the distance from uniform p-values is judged."""

GRID = 4001


@dataclass(frozen=True, slots=True)
class Halves:
    """`chosen`: splits x bins, 1 for bins of the first half; `ideal_distances` in order, of data as assumed."""

    chosen: NDArray[np.int64]
    ideal_distances: NDArray[np.float64]

    def sums(self, of_bins: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Exact sums of the two halves of every split."""
        largest = int(np.abs(of_bins).max(initial=0))
        fits = largest * len(of_bins) < 2**63
        first = as_exact(self.chosen @ of_bins.astype(np.int64)) if fits else self.chosen.astype(object) @ of_bins
        return first, of_bins.sum() - first


@dataclass(frozen=True, slots=True)
class RejectionRate:
    """Share of splits whose p-value is below alpha.

    `p_value`: the chance of as many, were errors as the test assumes. `uniform_p_value` is Kolmogorov and Smirnov's of
    the p-values, from ideal data split the same way.
    """

    rate: float
    alpha: float
    splits: int
    p_value: float
    uniform_p_value: float


def random_halves(bins: int, splits: int, rng: Generator) -> Halves:
    """Each split puts half of the bins on one side.

    >>> halves = random_halves(4, 3, np.random.default_rng(1))
    >>> halves.chosen.sum(axis=1).tolist()
    [2, 2, 2]
    """
    half = np.repeat([1, 0], [bins // 2, bins - bins // 2])
    chosen = rng.permuted(np.tile(half, (splits, 1)), axis=1)
    ideal = rng.standard_normal((IDEAL_DRAWS, bins))
    centred = chosen - chosen.mean(axis=1, keepdims=True)
    statistics = ideal @ centred.T / np.sqrt(np.sum(centred**2, axis=1))
    return Halves(chosen, np.sort(_distances(_two_sided(statistics))))


def rejection_rate(p_values: NDArray[np.float64], halves: Halves, alpha: float) -> RejectionRate:
    """Judges the p-values of one metric, one for each split."""
    splits, bins = halves.chosen.shape
    rejected = int(np.count_nonzero(p_values < alpha))
    further = len(halves.ideal_distances) - np.searchsorted(halves.ideal_distances, distance_from_uniform(p_values))
    uniform = (1 + int(further)) / (1 + len(halves.ideal_distances))
    return RejectionRate(rejected / splits, alpha, splits, tail(rejected, splits, bins, alpha), uniform)


def tail(rejected: int, splits: int, bins: int, alpha: float) -> float:
    """The chance that this many splits or more reject, were units independent and errors as assumed.

    Splits of the same bins are not independent: by chance the bins of one data set lie further apart than units let
    expect, and then more splits reject. Their spread over the expected one is r, a chi-square of `bins - 1` degrees of
    freedom over that number; given r, splits reject independently with probability `2 Phi(-z / sqrt(r))`. The binomial
    tail is averaged over r.

    >>> round(tail(40, 500, 64, 0.05), 3), round(tail(40, 500, 100_000, 0.05), 4)
    (0.111, 0.0027)
    """
    from scipy.stats import binom, chi2, norm

    freedom = bins - 1
    least, largest = (float(end) for end in chi2.ppf([1e-13, 1 - 1e-13], freedom))
    middle = np.linspace(least, largest, GRID)
    weight = chi2.pdf(middle, freedom)
    rejects = 2 * norm.sf(norm.isf(alpha / 2) / np.sqrt(middle / freedom))
    return float(np.sum(weight * binom.sf(rejected - 1, splits, rejects)) / np.sum(weight))


def distance_from_uniform(p_values: NDArray[np.float64]) -> float:
    """Kolmogorov and Smirnov's: the largest difference between their distribution function and the uniform one.

    >>> round(distance_from_uniform(np.array([0.1, 0.2, 0.9])), 6)
    0.466667
    """
    return float(_distances(p_values[None, :])[0])


def _distances(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row by row."""
    ordered = np.sort(p_values, axis=1)
    steps = np.arange(ordered.shape[1] + 1) / ordered.shape[1]
    above, below = (steps[1:] - ordered).max(axis=1), (ordered - steps[:-1]).max(axis=1)
    found: NDArray[np.float64] = np.maximum(above, below)
    return found


def _two_sided(statistics: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    p: NDArray[np.float64] = 2 * ndtr(-np.abs(statistics))
    return p
