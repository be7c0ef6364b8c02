from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.non_inferiority import MarginTest, absolute_margin_test, relative_margin_test
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.small_studies import moments

SAMPLE = st.lists(st.integers(50, 90), min_size=5, max_size=20)
BETTER = pytest.mark.parametrize("better", [1, -1])

EDGE = 1e-9
"""How near a p-value may lie to alpha and yet be told apart from it."""


def two_means(treatment: list[int], control: list[int]) -> TwoMeans:
    return post_stratified([StratumPair(1.0, summarise(moments(treatment)), summarise(moments(control)))])


def judged(kind: Literal["absolute", "relative"], means: TwoMeans, margin: float, better: int) -> MarginTest:
    test = absolute_margin_test if kind == "absolute" else relative_margin_test
    return test(means, margin, 0.05, 1.0, better=better)


A, B = [9, 11, 14, 16, 20], [7, 8, 10, 11, 14, 17]


@BETTER
def test_absolute_margin_is_a_shifted_one_sided_welch_test(better: int) -> None:
    found = judged("absolute", two_means(A, B), 2.0, better)
    shifted, alternative = [y + 2 * better for y in A], {1: "greater", -1: "less"}[better]
    reference = stats.ttest_ind(shifted, B, equal_var=False, alternative=alternative)
    assert found.p_value == pytest.approx(reference.pvalue)
    bounds = stats.ttest_ind(A, B, equal_var=False, alternative=alternative).confidence_interval(0.95)
    assert found.bound == pytest.approx(bounds.low if better > 0 else bounds.high)


@BETTER
def test_relative_margin_is_a_one_sided_welch_test_against_scaled_controls(better: int) -> None:
    found = judged("relative", two_means(A, B), 0.1, better)
    assert found.p_value == pytest.approx(against_scaled(A, B, better))


def against_scaled(treatment: list[int], control: list[int], better: int) -> float:
    """The p-value of Welch's test against the control times 0.9 (or 1.1)."""
    scaled, alternative = [(1 - 0.1 * better) * y for y in control], {1: "greater", -1: "less"}[better]
    return float(stats.ttest_ind(treatment, scaled, equal_var=False, alternative=alternative).pvalue)


@given(treatment=SAMPLE, control=SAMPLE, better=st.sampled_from([1, -1]))
def test_bound_lies_within_the_margin_exactly_when_the_test_passes(
    treatment: list[int], control: list[int], better: int
) -> None:
    assume(len(set(treatment)) > 1 and len(set(control)) > 1)
    means = two_means(treatment, control)
    for kind, margin in (("relative", 0.1), ("absolute", 5.0)):
        found = judged("relative" if kind == "relative" else "absolute", means, margin, better)
        assume(abs(float(found.p_value) - 0.05) > EDGE)
        assert (better * found.bound > -margin) == (found.p_value < 0.05)


@BETTER
def test_a_relative_margin_of_a_control_at_zero_or_below_is_not_tested(better: int) -> None:
    assert np.isnan(judged("relative", two_means([1, 2], [-1, 1]), 0.1, better).p_value)


@BETTER
def test_an_unbounded_lift_leaves_the_test_but_no_bound(better: int) -> None:
    found = judged("relative", two_means([1, 2, 3], [0, 0, 3]), 0.1, better)
    assert np.isnan(found.bound)
    assert found.p_value == pytest.approx(against_scaled([1, 2, 3], [0, 0, 3], better))


def test_without_any_variance_the_margin_itself_decides() -> None:
    assert judged("absolute", two_means([3, 3], [1, 1]), 1.0, 1) == MarginTest(0.0, 2.0)
    assert judged("absolute", two_means([3, 3], [1, 1]), 1.0, -1) == MarginTest(1.0, 2.0)


@given(groups=st.lists(st.tuples(SAMPLE, SAMPLE), min_size=1, max_size=5), better=st.sampled_from([1, -1]))
def test_an_array_of_groups_has_the_bits_of_each_group_alone(
    groups: list[tuple[list[int], list[int]]], better: int
) -> None:
    arms = [summarise(stacked([moments(pair[arm]) for pair in groups])) for arm in (0, 1)]
    means = post_stratified([StratumPair(1.0, *arms)])
    for kind, margin in (("absolute", 5.0), ("relative", 0.1)):
        test = absolute_margin_test if kind == "absolute" else relative_margin_test
        together = test(means, margin, 0.05, np.ones(len(groups)), better=better)
        alone = [test(two_means(*pair), margin, 0.05, 1.0, better=better) for pair in groups]
        assert np.array_equal(together.p_value, [float(one.p_value) for one in alone], equal_nan=True)
        assert np.array_equal(together.bound, [float(one.bound) for one in alone], equal_nan=True)
