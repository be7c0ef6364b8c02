"""The regression on unit and period effects, and what it makes of staggered adoption: an average with odd weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts


@dataclass(frozen=True, eq=False)
class TwoWay:
    """The coefficient of treatment, its standard error by unit (or cluster), and units' contributions to it, (n,).

    `weights` are (cohorts, T): the coefficient is their sum times the effects, were trends parallel; 0 where a cohort
    is not treated.
    """

    value: float
    std_error: float
    contributions: Array
    weights: Array

    @property
    def negative(self) -> float:
        """Sum of the weights below 0, as a share of what all sum up to: 0 or less."""
        return float(self.weights[self.weights < 0].sum())

    @property
    def negative_count(self) -> int:
        """Treated cells that count with the wrong sign."""
        return int((self.weights < 0).sum())


def two_way(cohorts: Cohorts) -> TwoWay | Refusal:
    """Least squares of the outcome on treatment, unit effects and period effects, without covariates.

    Weights of cohort g in period t are `n_g d_gt` over their sum, with d the treatment less its unit and period means
    (de Chaisemartin, D'Haultfoeuille 2020, American Economic Review 110, theorem 1). Errors are CR1 by unit or cluster.

    >>> rows = np.array([[0.0, 1.0, 4.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    >>> cohorts = Cohorts(("1", "2", "3"), np.arange(4), np.array([1, 1, 2, 3]), rows, np.ones(4))
    >>> found = two_way(cohorts)
    >>> round(found.value, 6), found.weights.round(3).tolist()
    (0.7, [[0.0, 0.6, 0.0], [0.0, 0.0, 0.4], [0.0, 0.0, 0.0]])
    """
    on = np.arange(cohorts.horizon) >= np.array(cohorts.labels)[:, None]
    shares = cohorts.totals / cohorts.totals.sum()
    swept = on - on.mean(axis=1, keepdims=True) - shares @ on + float(shares @ on.mean(axis=1))
    length = float(shares @ (swept**2).sum(axis=1))
    if length <= 1e-12:
        return Refusal("not_identified", "unit and period effects determine the treatment")
    value = float(shares @ (swept * cohorts.means).sum(axis=1)) / length
    contributions = np.empty(cohorts.n)
    average = shares @ cohorts.means
    for rows, row in zip(cohorts.rows, swept, strict=True):
        along = (cohorts.outcome[rows] - average) @ row - value * float(row @ row)
        contributions[rows] = cohorts.weights[rows] * along / (cohorts.totals.sum() * length)
    seen, groups = cohorts.outcome.size, cohorts.cluster_count
    few = (seen - 1) / (seen - cohorts.horizon - 1) * (groups / (groups - 1) if cohorts.cluster is None else 1.0)
    std_error = float(np.sqrt(cohorts.squared(contributions) * few))
    return TwoWay(value, std_error, contributions, np.where(on, shares[:, None] * swept / length, 0.0))
