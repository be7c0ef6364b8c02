"""Matched pairs whose members were not equally likely to be treated: bounds on Wilcoxon's signed-rank inference.

Gamma is the largest ratio of their odds: with 1, pairs are randomised. Rosenbaum (2002), Observational Studies,
section 4.3; pairs without a difference keep their place in the ranking, and count for neither side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

FEW = 2000
"""Pairs up to which all averages of two differences are written out; beyond, they are counted by bisection."""
STEPS = 80


@dataclass(frozen=True, slots=True)
class SignedRanks:
    """`positive` ranks of pairs in favour, `total` ranks and `squares` of all that differ; `pairs` that differ."""

    positive: float
    total: float
    squares: float
    pairs: int

    def p_values(self, gamma: float) -> tuple[float, float]:
        """The least and largest one-sided p-value of "treatment adds something" that a bias of gamma allows.

        >>> least, largest = signed_ranks(np.arange(1.0, 21.0)).p_values(2.0)
        >>> round(least, 6), round(largest, 5)
        (0.0, 0.00279)
        """
        from scipy.special import ndtr

        chances = (1 / (1 + gamma), gamma / (1 + gamma))
        deviates = [(self.positive - p * self.total) / (p * (1 - p) * self.squares) ** 0.5 for p in chances]
        return float(ndtr(-deviates[0])), float(ndtr(-deviates[1]))

    def largest_gamma(self, alpha: float) -> float:
        """The bias up to which the one-sided p-value stays at or below alpha; below 1 where it never is.

        The root p of `(T - p S)^2 = z^2 p (1 - p) Q` with `T > p S`, as odds.

        >>> ranks = signed_ranks(np.arange(1.0, 21.0))
        >>> round(ranks.p_values(ranks.largest_gamma(0.05))[1], 9)
        0.05
        """
        from scipy.special import ndtri

        z = float(ndtri(1 - alpha)) ** 2 * self.squares
        a, b, c = self.total**2 + z, 2 * self.positive * self.total + z, self.positive**2
        chance = (b - max(b**2 - 4 * a * c, 0.0) ** 0.5) / (2 * a)
        return float(chance / (1 - chance))


def signed_ranks(differences: Array) -> SignedRanks | Refusal:
    """Treated less control in pairs; ties share their ranks' mean.

    >>> signed_ranks(np.array([0.0, -1.0, 2.0, 2.0]))
    SignedRanks(positive=7.0, total=9.0, squares=28.5, pairs=3)
    """
    from scipy.stats import rankdata

    if not np.isfinite(differences).all():
        return Refusal("measure_undefined", "a difference within a pair is not finite")
    counted = differences != 0
    if np.count_nonzero(counted) < 2:
        found = int(np.count_nonzero(counted))
        return Refusal("too_few_units", f"{found} of {len(differences)} pairs differ; ranks need at least two")
    ranks = rankdata(np.abs(differences))
    own = ranks[counted]
    return SignedRanks(
        float(ranks[differences > 0].sum()), float(own.sum()), float(np.sum(own**2)), int(counted.sum())
    )  # fmt: skip


def hodges_lehmann(differences: Array, gamma: float) -> tuple[float, float]:
    """The least and largest effect that a bias of gamma allows as the estimate of an effect that all pairs share.

    Quantiles at 1 / (1 + gamma) and gamma / (1 + gamma) of all averages of two differences (or of one with itself):
    the signed-rank statistic of `difference - effect` is then at its expectation.

    >>> hodges_lehmann(np.array([1.0, 2.0, 4.0]), 1.0), hodges_lehmann(np.array([1.0, 2.0, 4.0]), 3.0)
    ((2.25, 2.25), (1.5, 3.0))
    """
    low, high = 1 / (1 + gamma), gamma / (1 + gamma)
    if len(differences) <= FEW:
        first, second = np.triu_indices(len(differences))
        averages = np.sort((differences[first] + differences[second]) / 2)
        return _at(averages, low), _at(averages, high)
    ordered = np.sort(differences)
    return _bisected(ordered, low), _bisected(ordered, high)


def _at(averages: Array, level: float) -> float:
    """The middle of all values with as many averages below as the level asks for."""
    place = level * len(averages)
    below = int(np.ceil(place - 1e-9))
    if abs(place - below) < 1e-9 and below < len(averages):
        return float((averages[below - 1] + averages[below]) / 2)
    return float(averages[below - 1])


def _bisected(ordered: Array, level: float) -> float:
    n = len(ordered)
    wanted = level * n * (n + 1) / 2
    low, high = float(ordered[0]), float(ordered[-1])
    for _ in range(STEPS):
        middle = (low + high) / 2
        upto = np.searchsorted(ordered, 2 * middle - ordered, side="right")
        counted = float(np.maximum(upto - np.arange(n), 0).sum())
        low, high = (low, middle) if counted >= wanted else (middle, high)
    return (low + high) / 2
