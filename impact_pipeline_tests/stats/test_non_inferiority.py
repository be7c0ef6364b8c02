from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from impact_pipeline.stats.non_inferiority import absolute_margin_test, relative_margin_test
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.small_studies import moments

SAMPLE = st.lists(st.integers(50, 90), min_size=5, max_size=20)
MARGIN = Fraction(1, 10)


def two_means(treatment: list[int], control: list[int]) -> TwoMeans:
    return post_stratified([StratumPair(Fraction(1), summarise(moments(treatment)), summarise(moments(control)))])


A, B = [9, 11, 14, 16, 20], [7, 8, 10, 11, 14, 17]


def test_absolute_margin_is_a_shifted_one_sided_welch_test() -> None:
    higher = absolute_margin_test(two_means(A, B), Fraction(2), 0.95, higher_is_better=True)
    lower = absolute_margin_test(two_means(A, B), Fraction(2), 0.95, higher_is_better=False)
    shifted_up, shifted_down = [y + 2 for y in A], [y - 2 for y in A]
    assert higher.p_value == pytest.approx(
        stats.ttest_ind(shifted_up, B, equal_var=False, alternative="greater").pvalue
    )
    assert lower.p_value == pytest.approx(stats.ttest_ind(shifted_down, B, equal_var=False, alternative="less").pvalue)


def test_relative_margin_is_a_one_sided_welch_test_against_scaled_controls() -> None:
    higher = relative_margin_test(two_means(A, B), MARGIN, 0.95, higher_is_better=True)
    lower = relative_margin_test(two_means(A, B), MARGIN, 0.95, higher_is_better=False)
    assert higher is not None
    assert lower is not None
    less, more = [0.9 * y for y in B], [1.1 * y for y in B]
    assert higher.p_value == pytest.approx(stats.ttest_ind(A, less, equal_var=False, alternative="greater").pvalue)
    assert lower.p_value == pytest.approx(stats.ttest_ind(A, more, equal_var=False, alternative="less").pvalue)


@given(treatment=SAMPLE, control=SAMPLE, higher=st.booleans())
def test_bound_lies_within_the_margin_exactly_when_the_test_passes(
    treatment: list[int], control: list[int], higher: bool
) -> None:
    assume(len(set(treatment)) > 1 and len(set(control)) > 1)
    means = two_means(treatment, control)
    relative = relative_margin_test(means, MARGIN, 0.95, higher_is_better=higher)
    absolute = absolute_margin_test(means, Fraction(5), 0.95, higher_is_better=higher)
    assert relative is not None
    for test, margin in ((relative, 0.1), (absolute, 5.0)):
        assert test.bound is not None
        assume(abs(test.p_value - 0.05) > 1e-9)
        assert (test.bound > -margin if higher else test.bound < margin) == (test.p_value < 0.05)


def test_a_relative_margin_of_a_control_at_zero_or_below_is_not_tested() -> None:
    assert relative_margin_test(two_means([1, 2], [-1, 1]), MARGIN, 0.95, higher_is_better=True) is None


def test_an_unbounded_lift_leaves_the_test_but_no_bound() -> None:
    found = relative_margin_test(two_means([1, 2, 3], [0, 0, 3]), MARGIN, 0.95, higher_is_better=True)
    assert found is not None
    assert found.bound is None
    assert found.p_value == pytest.approx(0.19, abs=0.01)
