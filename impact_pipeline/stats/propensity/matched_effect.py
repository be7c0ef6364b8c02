"""The effect from matches, with the errors of Abadie and Imbens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.neighbours import Matches
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Places


@dataclass(frozen=True, eq=False)
class Direction:
    """Units of one arm with their donors in the other; `own` and `other` are the rows of both."""

    own: Places
    other: Places
    matches: Matches
    sign: float

    @property
    def found(self) -> Array:
        """1 for asked units that have donors."""
        return np.asarray(self.matches.counts > 0, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class MatchedEffect:
    """`uses` is by unit how often it stands for others, `matched` 1 for units whose own effect counts."""

    value: float
    variance: float
    treated: float
    untreated: float
    uses: Array
    matched: Array
    pairs: int

    @property
    def std_error(self) -> float:
        return float(np.sqrt(self.variance))

    @property
    def weights(self) -> Array:
        """How much each unit counts in its arm's mean."""
        return self.matched + self.uses


def matched_effect(
    outcome: Array, directions: tuple[Direction, ...], *, conditional_variance: Array | None = None,
    predictions: tuple[Array, Array] | None = None,
) -> MatchedEffect | Refusal:  # fmt: skip
    """The mean over matched units of own outcome less that of the donors (of one direction: ATT; of both: ATE).

    `V = sum of (tau_i - tau)^2 / N^2 + sum of (K_i^2 + 2 K_i 1(i matched) - K2_i) s_i^2 / N^2`, K how often a unit
    stands for others and K2 with squared shares: Abadie, Imbens (2006), Econometrica 74, theorem 7, with ties in equal
    shares as in R's Matching. `conditional_variance` s^2 is by unit; by default it is the same for all, half the mean
    square of matched differences. `predictions` of the untreated and treated outcome correct for distance left
    (Abadie, Imbens 2011, Journal of Business and Economic Statistics 29).

    >>> from impact_pipeline.stats.propensity.neighbours import nearest_on_score
    >>> y, x = np.array([1.0, 3.0, 4.0, 7.0]), np.array([0.1, 0.5, 0.1, 0.5])
    >>> own, other = np.array([2, 3]), np.array([0, 1])
    >>> found = matched_effect(y, (Direction(own, other, nearest_on_score(x[own], x[other], 1), 1.0),))
    >>> found.value, round(found.std_error, 6)
    (3.5, 0.353553)
    """
    n = len(outcome)
    effects, matched, uses, squares = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    spread, imputed = 0.0, np.zeros(n)
    for one in directions:
        found = one.found > 0
        gap = outcome[one.own] - _donors(outcome, one, predictions)
        effects[one.own] = np.where(found, one.sign * gap, 0.0)
        imputed[one.own] = np.where(found, outcome[one.own] - gap, 0.0)
        matched[one.own] = one.found
        uses[one.other] += one.matches.uses(1)
        squares[one.other] += one.matches.uses(2)
    total = float(matched.sum())
    if total < 2:
        return Refusal("no_support", f"{total:.0f} units have a match within the caliper; widen it, or take weights")
    value = float(effects.sum() / total)
    if conditional_variance is None:
        spread = sum(_squares(outcome, one, value) for one in directions) / (2 * total)
    own_variance = np.full(n, spread) if conditional_variance is None else conditional_variance
    variance = matched @ (effects - value) ** 2 + (uses**2 + 2 * uses * matched - squares) @ own_variance
    treated, untreated = _means(outcome, imputed, directions, total)
    pairs = sum(int(one.matches.counts.sum()) for one in directions)
    return MatchedEffect(value, float(variance) / total**2, treated, untreated, uses, matched, pairs)


def _donors(outcome: Array, one: Direction, predictions: tuple[Array, Array] | None) -> Array:
    """The donors' mean outcome, moved to where the asked unit is if there are predictions."""
    means = one.matches.means(outcome[one.other])
    if predictions is None:
        return means
    predicted = predictions[0 if one.sign > 0 else 1]
    return means + predicted[one.own] - one.matches.means(predicted[one.other])


def _squares(outcome: Array, one: Direction, value: float) -> float:
    """Sum over asked units of the mean square of `own - donor - effect`."""
    centre = float(outcome.mean())
    own, donors = outcome[one.own] - centre - one.sign * value, outcome[one.other] - centre
    means, squares = one.matches.means(donors), one.matches.means(donors**2)
    found = one.found > 0
    return float(np.sum((own**2 - 2 * own * means + squares)[found]))


def _means(outcome: Array, imputed: Array, directions: tuple[Direction, ...], total: float) -> tuple[float, float]:
    sums = {1.0: 0.0, -1.0: 0.0}
    for one in directions:
        found = one.found > 0
        sums[one.sign] += float(outcome[one.own][found].sum())
        sums[-one.sign] += float(imputed[one.own][found].sum())
    return sums[1.0] / total, sums[-1.0] / total


def conditional_variances(outcome: Array, arms: tuple[tuple[Places, Matches], ...]) -> Array:
    """Each unit's variance given its covariates: that of the outcomes nearest to it in its own arm, itself among them.

    Abadie, Imbens (2006), equation 14, with ties as Stata's teffects takes them: the sample variance of the set.

    >>> from impact_pipeline.stats.propensity.neighbours import nearest_on_score
    >>> x, rows = np.array([0.1, 0.2, 0.9]), np.arange(3)
    >>> conditional_variances(np.array([1.0, 3.0, 3.0]), ((rows, nearest_on_score(x, x, 2)),)).round(9).tolist()
    [2.0, 2.0, 0.0]
    """
    found = np.zeros(len(outcome))
    for rows, matches in arms:
        own, size = outcome[rows] - outcome[rows].mean(), matches.counts
        spread = np.maximum(matches.means(own**2) - matches.means(own) ** 2, 0.0)
        found[rows] = np.where(size > 1, size / np.maximum(size - 1, 1) * spread, 0.0)
    return found
