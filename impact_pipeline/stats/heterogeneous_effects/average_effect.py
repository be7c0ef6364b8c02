"""Average effects from cross-fitted models, by double machine learning.

Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey, Robins (2018), Econometrics Journal 21: scores whose error in
the models is of second order, and models that did not see the unit, so that learners may be as flexible as they like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, eq=False)
class Signals:
    """By unit, a noisy reading of its outcome in each arm whose mean given x is right if p(x) or m(x) is.

    `m_1 + d (y - m_1) / p` and `m_0 + (1 - d)(y - m_0) / (1 - p)` (Robins, Rotnitzky, Zhao 1994).
    """

    untreated: Array
    treated: Array

    @property
    def effect(self) -> Array:
        return self.treated - self.untreated


def signals(nuisances: Nuisances, treatment: Array, outcome: Array) -> Signals:
    """
    >>> one = np.ones(1)
    >>> found = signals(Nuisances(np.zeros(1, dtype=np.intp), one / 2, one, 2 * one), one, 3 * one)
    >>> found.treated.tolist(), found.untreated.tolist()
    ([4.0], [1.0])
    """
    p, low, high = nuisances.score, nuisances.untreated, nuisances.treated
    return Signals(low + (1 - treatment) * (outcome - low) / (1 - p), high + treatment * (outcome - high) / p)


def doubly_robust_means(
    nuisances: Nuisances, treatment: Array, outcome: Array, weights: Array, estimand: Estimand
) -> PotentialMeans:
    """Means of the outcome without and with treatment, of all units (ATE) or of the treated ones (ATT).

    ATT: treated units as they are, against `mean of d m_0 + (1 - d) p / (1 - p) (y - m_0)` over the mean of d.

    >>> d, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 3.0, 1.0, 5.0])
    >>> flat = Nuisances(np.zeros(4, dtype=np.intp), np.full(4, 0.5), np.full(4, 1.0), np.full(4, 4.0))
    >>> [doubly_robust_means(flat, d, y, np.ones(4), estimand).effect for estimand in ("ATE", "ATT")]
    [3.0, 3.0]
    """
    found = signals(nuisances, treatment, outcome)
    if estimand == "ATE":
        target, values = np.ones_like(outcome), (found.untreated, found.treated)
    else:
        odds = nuisances.score / (1 - nuisances.score)
        left = (1 - treatment) * odds * (outcome - nuisances.untreated)
        target, values = treatment, (treatment * nuisances.untreated + left, treatment * outcome)
    share = float(np.mean(weights * target))
    means = [float(np.mean(weights * value)) / share for value in values]
    influences = [weights * (value - target * mean) / share for value, mean in zip(values, means, strict=True)]
    return PotentialMeans(means[0], means[1], influences[0], influences[1])


def partially_linear(
    nuisances: Nuisances, treatment: Array, outcome: Array, weights: Array
) -> tuple[float, Array] | Refusal:
    """Slope of `y - m(x)` on `d - p(x)`, and each unit's influence on it (Robinson 1988).

    Where effects differ it is their average by the variance of treatment, p (1 - p).

    >>> d, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 3.0, 1.0, 5.0])
    >>> flat = Nuisances(np.zeros(4, dtype=np.intp), np.full(4, 0.5), np.full(4, 1.0), np.full(4, 4.0))
    >>> partially_linear(flat, d, y, np.ones(4))[0]
    3.0
    """
    moved, left = treatment - nuisances.score, outcome - nuisances.outcome
    spread = float(np.mean(weights * moved**2))
    if spread <= 0:
        return Refusal("no_overlap", "covariates tell every unit's treatment: nothing of it is left to compare")
    slope = float(np.mean(weights * moved * left)) / spread
    return slope, weights * moved * (left - slope * moved) / spread


def over_repeats(values: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """The median over draws of the folds, and its standard error: the root of the median of `error^2 + (value - it)^2`.

    >>> over_repeats([1.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    (2.0, 1.4142135623730951)
    """
    middle = float(np.median(values))
    spread = np.square(errors) + np.square(np.asarray(values) - middle)
    return middle, float(np.sqrt(np.median(spread)))
