from __future__ import annotations

import csv
from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from impact_pipeline.stats.intervals import Lift, NoLift, difference, lift, quantile, upper_tail
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
from impact_pipeline.stats.two_means import Contribution, TwoMeans
from impact_pipeline_tests.small_studies import Array, moments, scaled

DATA = Path(__file__).parent / "data"
ROUNDING = 1e-12
"""Exact arithmetic against double arithmetic of the reference."""


def two_means(treatment: Moments, control: Moments) -> TwoMeans:
    return post_stratified([StratumPair(Fraction(1), summarise(treatment), summarise(control))])


def arms(file: str, outcome: str, scale: int) -> tuple[Moments, Moments]:
    with (DATA / file).open() as lines:
        rows = [(row["treat"] == "1", round(float(row[outcome]) * 10**scale)) for row in csv.DictReader(lines)]
    treated, control = ([y for given_, y in rows if given_ is arm] for arm in (True, False))
    return scaled(moments(treated), scale), scaled(moments(control), scale)


def test_callback_rates_of_bertrand_and_mullainathan() -> None:
    treatment, control = arms("ab_resume.csv", "y", 0)
    found = difference(two_means(treatment, control), 0.95)
    assert float(control.mean("y")) == pytest.approx(0.0645, abs=5e-5)
    assert float(treatment.mean("y")) == pytest.approx(0.0965, abs=5e-5)
    assert found.value == pytest.approx(0.0320, abs=1e-4)
    assert found.std_error == pytest.approx(0.00778, abs=1e-5)


def test_earnings_of_the_nsw_experiment() -> None:
    found = difference(two_means(*arms("ab_nsw.csv", "re78", 4)), 0.95)
    assert found.value == pytest.approx(1794.34, abs=0.01)
    assert found.std_error == pytest.approx(671.00, abs=0.01)
    assert found.degrees_of_freedom == pytest.approx(307.13, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_difference_equals_welch_of_scipy_and_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.poisson(5 + seed, size) for size in (40 + 7 * seed, 90))
    found = difference(two_means(moments(a), moments(b)), 0.9)
    reference = stats.ttest_ind(a, b, equal_var=False)
    interval = CompareMeans(DescrStatsW(a), DescrStatsW(b)).tconfint_diff(alpha=0.1, usevar="unequal")
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-10)
    assert found.degrees_of_freedom == pytest.approx(reference.df, rel=ROUNDING)
    assert (found.lower, found.upper) == pytest.approx(interval, rel=1e-10)


def test_a_tiny_difference_of_huge_numbers_is_not_lost() -> None:
    huge = 10**12
    found = difference(
        two_means(Moments(3, 3 * huge + 3, 3 * huge**2 + 6 * huge + 5), Moments(3, 3 * huge, 3 * huge**2 + 2)), 0.95
    )
    assert found.value == 1.0
    assert found.std_error == sqrt(2 / 3)


def test_lift_bounds_solve_fiellers_equation() -> None:
    means = two_means(moments([9, 11, 14, 16, 20]), moments([7, 8, 10, 11, 14]))
    found = lift(means, 0.95)
    assert isinstance(found, Lift)
    assert found.value == pytest.approx(0.4)
    critical = quantile(0.975, means.degrees_of_freedom())
    for bound in (found.lower, found.upper):
        ratio = Fraction(1 + bound)
        z = float(means.treatment - ratio * means.control) / sqrt(means.variance(ratio))
        assert abs(z) == pytest.approx(critical, rel=1e-10)


COUNTS = st.lists(st.integers(0, 30), min_size=3, max_size=12)


@given(treatment=COUNTS, control=COUNTS, level=st.sampled_from([0.8, 0.9, 0.95]))
def test_lift_interval_leaves_out_zero_exactly_when_the_difference_is_significant(
    treatment: list[int], control: list[int], level: float
) -> None:
    assume(len(set(treatment)) > 1 or len(set(control)) > 1)
    means = two_means(moments(treatment), moments(control))
    change, relative = difference(means, level), lift(means, level)
    assume(isinstance(relative, Lift) and abs(change.p_value - (1 - level)) > 1e-9)
    assert isinstance(relative, Lift)
    assert (relative.lower > 0 or relative.upper < 0) == (change.p_value < 1 - level)
    assert (change.lower > 0 or change.upper < 0) == (change.p_value < 1 - level)


@given(shift=st.integers(-20, 20), correlation=st.floats(-0.95, 0.95))
def test_lift_and_difference_agree_for_correlated_means_too(shift: int, correlation: float) -> None:
    shared = Contribution(Fraction(4), Fraction(9), Fraction(6 * correlation), 50)
    means = TwoMeans(Fraction(40 + shift), Fraction(40), (shared,))
    change, relative = difference(means, 0.95), lift(means, 0.95)
    assert isinstance(relative, Lift)
    assert (relative.lower > 0 or relative.upper < 0) == (change.p_value < 0.05)


def test_lift_over_a_control_near_zero_is_refused() -> None:
    means = two_means(moments([1, 2, 3]), moments([0, 0, 3]))
    detail = "the control mean is not clearly above 0 (at level 0.95), so a lift over it has no bounded interval"
    assert lift(means, 0.95) == NoLift(detail)


@pytest.mark.parametrize("control", [[0, 0, 0], [-5, -4, -6]])
def test_lift_over_a_control_at_or_below_zero_is_refused(control: list[int]) -> None:
    assert lift(two_means(moments([1, 2, 3]), moments(control)), 0.95) == NoLift("the control mean is not above 0")


def test_quantile_and_tail_are_those_of_scipy() -> None:
    degrees: Array = np.array([1.5, 30.2, 5000.7])
    for df in degrees:
        assert quantile(0.975, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-13)
        assert upper_tail(2.5, df) == pytest.approx(stats.t.sf(2.5, df), rel=1e-13)
