from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.aggregation import aggregation
from impact_pipeline.stats.staggered_adoption.cells import BasePeriod
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime, group_time_effects
from impact_pipeline.stats.staggered_adoption.pre_trends import PreTrends, pre_trends
from impact_pipeline_tests.stats.staggered_adoption.panels import cohorts, counties, drawn, panel

SAME_FORMULA = 1e-8
FIRST = [2] * 60 + [4] * 60 + [6] * 80


def pre_tested(units: Cohorts, base_period: BasePeriod = "varying") -> PreTrends | Refusal:
    found = group_time_effects(units, base_period=base_period)
    assert isinstance(found, GroupTime)
    return pre_trends(found, aggregation(found, "simple").overall)


def test_the_published_statistic() -> None:
    """R's `did` on the counties: p-value of the pre-test .16812."""
    found = pre_tested(cohorts(panel(counties())))
    assert isinstance(found, PreTrends)
    assert (found.degrees_of_freedom, found.by) == (5, "cohort and period")
    assert found.p_value == pytest.approx(0.16812, abs=5e-6)
    assert found.careful_p_value > found.p_value


def test_the_base_period_does_not_matter_to_never_treated() -> None:
    one, other = (pre_tested(drawn(FIRST, 6, seed=2), base) for base in ("varying", "universal"))
    assert isinstance(one, PreTrends)
    assert isinstance(other, PreTrends)
    assert one.statistic == pytest.approx(other.statistic, rel=SAME_FORMULA)
    assert one.slope == pytest.approx(other.slope, rel=SAME_FORMULA)
    assert one.units_worth == pytest.approx(other.units_worth, rel=SAME_FORMULA)


def test_few_units_are_tested_by_event_time() -> None:
    found = pre_tested(drawn([2] * 10 + [4] * 10 + [6] * 12, 6))
    assert isinstance(found, PreTrends)
    assert (found.by, found.degrees_of_freedom) == ("event time", 3)


def test_the_trend_that_is_named_is_found_as_often_as_it_says() -> None:
    """80 of 100 at the slope, 5 at none; binomial error of 300 draws, three of them."""
    rng = np.random.default_rng(3)
    slope = None
    rejected = {0: 0, 1: 0}
    for _ in range(300):
        for trend in rejected:
            units = drawn(FIRST, 6, seed=int(rng.integers(1 << 30)))
            if slope is None:
                first = pre_tested(units)
                assert isinstance(first, PreTrends)
                slope = first.slope
            units.outcome[:] += trend * slope * np.arange(6) * (units.first < 6)[:, None]
            found = pre_tested(units)
            assert isinstance(found, PreTrends)
            rejected[trend] += found.careful_p_value < 0.05
    assert rejected[1] / 300 == pytest.approx(0.8, abs=0.09)
    assert rejected[0] / 300 == pytest.approx(0.05, abs=0.038)


def test_the_bias_of_a_trend_is_what_it_adds_to_the_average() -> None:
    units = drawn(FIRST, 6, seed=2)
    before, found = group_time_effects(units), pre_tested(units)
    assert isinstance(found, PreTrends)
    units = Cohorts(units.periods, units.unit, units.first,
                    units.outcome + found.slope * np.arange(6) * (units.first < 6)[:, None], units.weights)  # fmt: skip
    after = group_time_effects(units)
    assert isinstance(before, GroupTime)
    assert isinstance(after, GroupTime)
    moved = aggregation(after, "simple").overall.value - aggregation(before, "simple").overall.value
    assert moved == pytest.approx(found.bias, rel=SAME_FORMULA)


def test_one_period_before_adoption_tests_nothing() -> None:
    found = pre_tested(drawn([1] * 10 + [3] * 10, 3))
    assert isinstance(found, Refusal)
    assert found.reason == "no_pre_period"


def test_outcomes_that_do_not_vary_before_adoption_test_nothing() -> None:
    units = drawn([2] * 10 + [4] * 10, 4)
    units.outcome[:, :2] = 1.0
    found = pre_tested(units)
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"
