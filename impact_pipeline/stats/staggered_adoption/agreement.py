"""How far two answers to the same question are apart, measured by the error of their difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.staggered_adoption.aggregation import Average
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime
from impact_pipeline.stats.staggered_adoption.imputation import ImputedAverage
from impact_pipeline.stats.staggered_adoption.two_way import TwoWay


@dataclass(frozen=True, slots=True)
class Apart:
    """The other answer less that of group-time effects, with the standard error of this difference on the same units.

    >>> Apart(0.4, 0.1, 99.0).statistic
    4.0
    """

    difference: float
    std_error: float
    degrees_of_freedom: float

    @property
    def statistic(self) -> float:
        """0 where both are the same number by construction."""
        return self.difference / self.std_error if self.std_error > 0 else 0.0

    @property
    def p_value(self) -> float:
        return float(2 * upper_tail(abs(self.statistic), self.degrees_of_freedom))


ROUNDING = 1e-9
"""Differences whose error is below this share of either's own are rounding."""


def from_imputation(found: GroupTime, average: Average, imputed: ImputedAverage) -> Apart:
    """Of the imputation estimator with the same cells and weights; both take the cohorts' shares as given.

    >>> from impact_pipeline.stats.staggered_adoption.aggregation import aggregation
    >>> from impact_pipeline.stats.staggered_adoption.group_time import group_time_effects
    >>> from impact_pipeline.stats.staggered_adoption.imputation import imputation
    >>> rows = np.array([[0.0, 1.0, 4.0], [1.0, 2.0, 3.5], [0.0, 1.0, 2.0], [1.0, 3.0, 2.0]])
    >>> cohorts = Cohorts(("1", "2", "3"), np.arange(4), np.array([2, 2, 3, 3]), rows, np.ones(4))
    >>> effects = group_time_effects(cohorts)
    >>> average = aggregation(effects, "simple").overall
    >>> apart = from_imputation(effects, average, imputation(cohorts).average(effects.cells, average.weights))
    >>> round(apart.difference, 6), round(apart.std_error, 6)
    (-0.25, 0.176777)
    """
    fixed = np.concatenate([average.weights, np.zeros(len(found.shares))])
    ours = found.influence.of(fixed)
    return _apart(found.cohorts, imputed.value - average.value, imputed.contributions, ours)


def from_two_way(whole: Cohorts, found: GroupTime, average: Average, two_way: TwoWay) -> Apart:
    """Of two-way fixed effects on the whole panel, which may hold units that group-time effects leave out."""
    ours = np.zeros(int(whole.unit.max()) + 1)
    ours[found.cohorts.unit] = found.influence.of(average.gradient)
    return _apart(whole, two_way.value - average.value, two_way.contributions, ours[whole.unit])


def _apart(cohorts: Cohorts, difference: float, other: Array, ours: Array) -> Apart:
    error = math.sqrt(cohorts.squared(other - ours))
    is_rounding = error <= ROUNDING * math.sqrt(cohorts.squared(ours))
    return Apart(difference, 0.0 if is_rounding else error, float(cohorts.cluster_count - 1))
