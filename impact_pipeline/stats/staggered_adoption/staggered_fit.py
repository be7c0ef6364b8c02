"""Everything that one fit of staggered adoption has to tell; what is not asked for is not computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.staggered_adoption.aggregation import Aggregation, AggregationName, Average, aggregation
from impact_pipeline.stats.staggered_adoption.agreement import Apart, from_imputation, from_two_way
from impact_pipeline.stats.staggered_adoption.cells import BasePeriod
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts, cohorts_of
from impact_pipeline.stats.staggered_adoption.comparable import Comparison, comparable
from impact_pipeline.stats.staggered_adoption.doubly_robust import Estimation
from impact_pipeline.stats.staggered_adoption.goodman_bacon import TwoByTwo, decomposition
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime, group_time_effects
from impact_pipeline.stats.staggered_adoption.imputation import Imputation, ImputedAverage, imputation
from impact_pipeline.stats.staggered_adoption.two_way import TwoWay, two_way

NO_ERROR = 1e-10
"""Standard errors below this share of the largest change within a unit are rounding."""


@dataclass(frozen=True, eq=False)
class StaggeredFit:
    """`whole` are all units with a value in every period, `found.cohorts` those that can be compared."""

    whole: Cohorts
    found: GroupTime
    comparison: Comparison
    asked: AggregationName

    @cached_property
    def aggregations(self) -> dict[AggregationName, Aggregation]:
        names: tuple[AggregationName, ...] = ("simple", "dynamic", "group", "calendar")
        return {name: aggregation(self.found, name) for name in names}

    @property
    def average(self) -> Average:
        """The one that was asked for."""
        return self.aggregations[self.asked].overall

    @cached_property
    def imputed(self) -> Imputation | Refusal:
        return imputation(self.found.cohorts, self.found.anticipation)

    @cached_property
    def cross_check(self) -> ImputedAverage | Refusal:
        """The average that was asked for, by imputation."""
        fit = self.imputed
        return fit if isinstance(fit, Refusal) else fit.average(self.found.cells, self.average.weights)

    @cached_property
    def from_imputation(self) -> Apart | Refusal:
        check = self.cross_check
        return check if isinstance(check, Refusal) else from_imputation(self.found, self.average, check)

    @cached_property
    def two_way(self) -> TwoWay | Refusal:
        return two_way(self.whole)

    @cached_property
    def from_two_way(self) -> Apart | Refusal:
        """Against the simple average, which is what the regression is read as."""
        other = self.two_way
        if isinstance(other, Refusal):
            return other
        return from_two_way(self.whole, self.found, self.aggregations["simple"].overall, other)

    @cached_property
    def pairs(self) -> tuple[TwoByTwo, ...]:
        """What the two-way regression compares with what."""
        return decomposition(self.whole)


def fit_staggered(
    panel: Panel,
    comparison: Comparison = "never_treated",
    *,
    asked: AggregationName = "group",
    base_period: BasePeriod = "varying",
    anticipation: int = 0,
    estimation: Estimation = "doubly_robust",
) -> StaggeredFit | Refusal:
    """Group-time effects of a panel, or why there are none.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> units, outcomes = [u for u in "abcd" for _ in range(2)], [1.0, 4.0, 1.0, 2.0, 0.0, 0.0, 2.0, 4.0]
    >>> fit = fit_staggered(panel_of(units, [1, 2] * 4, outcomes, [0, 1, 0, 1, 0, 0, 0, 0]))
    >>> fit.average.value, fit.two_way.value, fit.cross_check.value
    (1.0, 1.0, 1.0)
    """
    whole = cohorts_of(panel)
    if isinstance(whole, Refusal):
        return whole
    return fit_cohorts(
        whole, comparison, asked=asked, base_period=base_period, anticipation=anticipation, estimation=estimation
    )


def fit_cohorts(
    whole: Cohorts,
    comparison: Comparison = "never_treated",
    *,
    asked: AggregationName = "group",
    base_period: BasePeriod = "varying",
    anticipation: int = 0,
    estimation: Estimation = "doubly_robust",
) -> StaggeredFit | Refusal:
    """The same of a panel that is in cohorts already.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 4.0], [1.0, 2.0], [0.0, 0.0], [2.0, 4.0]])
    >>> fit_cohorts(Cohorts(("1", "2"), np.arange(4), np.array([1, 1, 2, 2]), rows, np.ones(4))).average.value
    1.0
    """
    compared = comparable(whole, comparison, anticipation)
    if isinstance(compared, Refusal):
        return compared
    found = group_time_effects(
        compared, comparison, base_period=base_period, anticipation=anticipation, estimation=estimation
    )
    if isinstance(found, Refusal):
        return found
    fit = StaggeredFit(whole, found, comparison, asked)
    largest = float(abs(compared.outcome - compared.outcome[:, :1]).max())
    if found.std_error(fit.average.gradient) <= NO_ERROR * largest:
        return Refusal("zero_variance", "changes of the outcome do not vary within cohorts: nothing tells an error")
    return fit
