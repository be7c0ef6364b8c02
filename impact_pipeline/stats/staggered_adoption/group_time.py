"""Average effects by cohort and period, ATT(g, t), with what every combination of them needs for its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.cells import BasePeriod, Cell, cells_of
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.comparable import Comparison
from impact_pipeline.stats.staggered_adoption.conditional import conditional
from impact_pipeline.stats.staggered_adoption.doubly_robust import Estimation
from impact_pipeline.stats.staggered_adoption.influence import Influence
from impact_pipeline.stats.staggered_adoption.unconditional import unconditional


@dataclass(frozen=True, eq=False)
class GroupTime:
    """`effects` by cell; `influence` is on the cells and, after them, on the cohorts' shares of all weights."""

    cohorts: Cohorts
    cells: tuple[Cell, ...]
    effects: Array
    influence: Influence
    anticipation: int = 0
    trimmed: int = 0

    @cached_property
    def covariance(self) -> Array:
        """Of effects and shares together."""
        return self.influence.covariance()

    @cached_property
    def shares(self) -> Array:
        """Of each cohort in all weights, in the order of `cohorts.labels`."""
        return np.asarray(self.cohorts.totals / self.cohorts.totals.sum())

    @property
    def degrees_of_freedom(self) -> float:
        """Clusters less one; units are their own where none was given."""
        return float(self.cohorts.cluster_count - 1)

    @property
    def before(self) -> tuple[int, ...]:
        """Places of cells before adoption, and before it could be anticipated, that are not 0 by construction."""
        cells = enumerate(self.cells)
        return tuple(k for k, cell in cells if cell.event < -self.anticipation and not cell.is_reference)

    def std_error(self, gradient: Array) -> float:
        """Of a function of effects and shares, by its gradient in them."""
        variance = float(summed("j,jk,k->", gradient, self.covariance, gradient))
        return math.sqrt(max(variance, 0.0))

    def p_value(self, statistic: float) -> float:
        return float(2 * upper_tail(abs(statistic), self.degrees_of_freedom))

    def critical_value(self, alpha: float) -> float:
        return float(quantile(1 - alpha / 2, self.degrees_of_freedom))


def group_time_effects(
    cohorts: Cohorts,
    comparison: Comparison = "never_treated",
    *,
    base_period: BasePeriod = "varying",
    anticipation: int = 0,
    estimation: Estimation = "doubly_robust",
) -> GroupTime | Refusal:
    """ATT(g, t) of cohorts that `comparable` has left; given their covariates if they have any.

    Errors are those of influence functions: the square root of the sum over units (or over clusters) of squared
    contributions. Callaway, Sant'Anna (2021), Journal of Econometrics 225. Assumes parallel trends between a cohort
    and its controls (given covariates), no anticipation beyond `anticipation` periods, and no interference.

    >>> rows = np.array([[1.0, 4.0], [1.0, 2.0], [0.0, 0.0], [2.0, 4.0]])
    >>> found = group_time_effects(Cohorts(("1", "2"), np.arange(4), np.array([1, 1, 2, 2]), rows, np.ones(4)))
    >>> found.effects.tolist(), found.std_error(np.array([1.0, 0, 0]))
    ([1.0], 1.0)
    """
    cells = cells_of(cohorts, comparison, base_period, anticipation)
    if not cohorts.covariates:
        effects, influence = unconditional(cohorts, cells)
        return GroupTime(cohorts, cells, effects, influence, anticipation)
    found = conditional(cohorts, cells, estimation)
    if isinstance(found, Refusal):
        return found
    return GroupTime(cohorts, cells, found[0], found[1], anticipation, found[2])
