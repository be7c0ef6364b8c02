from __future__ import annotations

import csv
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.inference import quantile
from impact_pipeline.stats.intervals import Difference, Lift, NoLift, difference, lift, lift_bounds
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
from impact_pipeline.stats.two_means import Contribution, TwoMeans
from impact_pipeline_tests.small_studies import moments, scaled

DATA = Path(__file__).parent / "data"
ROUNDING = 1e-12
"""Moments rounded once against the reference's double arithmetic on rows."""

EDGE = 1e-9
"""How near a p-value may lie to alpha and yet be told apart from it."""


def two_means(treatment: Moments, control: Moments) -> TwoMeans:
    return post_stratified([StratumPair(1.0, summarise(treatment), summarise(control))])


def read(treatment: Moments, control: Moments, alpha: float = 0.05) -> Difference:
    return difference(two_means(treatment, control), alpha, float(treatment.n + control.n))


def lift_of(means: TwoMeans, alpha: float = 0.05) -> Lift:
    return lift(means, difference(means, alpha, 1.0).critical_value)


def arms(file: str, outcome: str, scale: int) -> tuple[Moments, Moments]:
    with (DATA / file).open() as lines:
        rows = [(row["treat"] == "1", round(float(row[outcome]) * 10**scale)) for row in csv.DictReader(lines)]
    treated, control = ([y for given_, y in rows if given_ is arm] for arm in (True, False))
    return scaled(moments(treated), scale), scaled(moments(control), scale)


def test_callback_rates_of_bertrand_and_mullainathan() -> None:
    treatment, control = arms("ab_resume.csv", "y", 0)
    found = read(treatment, control)
    assert float(control.mean("y")) == pytest.approx(0.0645, abs=5e-5)
    assert float(treatment.mean("y")) == pytest.approx(0.0965, abs=5e-5)
    assert found.value == pytest.approx(0.0320, abs=1e-4)
    assert found.std_error == pytest.approx(0.00778, abs=1e-5)


def test_earnings_of_the_nsw_experiment() -> None:
    found = read(*arms("ab_nsw.csv", "re78", 4))
    assert found.value == pytest.approx(1794.34, abs=0.01)
    assert found.std_error == pytest.approx(671.00, abs=0.01)
    assert found.degrees_of_freedom == pytest.approx(307.13, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_difference_equals_welch_of_scipy_and_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.poisson(5 + seed, size) for size in (40 + 7 * seed, 90))
    found = read(moments(a), moments(b), 0.1)
    reference = stats.ttest_ind(a, b, equal_var=False)
    interval = CompareMeans(DescrStatsW(a), DescrStatsW(b)).tconfint_diff(alpha=0.1, usevar="unequal")
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-10)
    assert found.degrees_of_freedom == pytest.approx(reference.df, rel=ROUNDING)
    assert (found.lower, found.upper) == pytest.approx(interval, rel=1e-10)


def test_a_tiny_difference_of_huge_numbers_is_not_lost() -> None:
    huge = 10**12
    treatment, control = Moments(3, 3 * huge + 3, 3 * huge**2 + 6 * huge + 5), Moments(3, 3 * huge, 3 * huge**2 + 2)
    found = read(treatment, control)
    assert (found.value, found.std_error) == (1.0, sqrt(2 / 3))
    together = difference(two_means(stacked([treatment]), stacked([control])), 0.05, np.array([6.0]))
    assert (np.asarray(together.value).tolist(), np.asarray(together.std_error).tolist()) == ([1.0], [sqrt(2 / 3)])


def test_without_any_variance_there_is_no_interval() -> None:
    found = read(moments([3, 3]), moments([1, 1]))
    assert (found.value, found.std_error) == (2.0, 0.0)
    assert all(np.isnan(number) for number in (found.lower, found.upper, found.p_value))


def test_lift_bounds_solve_fiellers_equation() -> None:
    means = two_means(moments([9, 11, 14, 16, 20]), moments([7, 8, 10, 11, 14]))
    found = lift_of(means)
    assert found.value == pytest.approx(0.4)
    critical = quantile(0.975, means.error()[1])
    for bound in (found.lower, found.upper):
        ratio = float(1 + bound)
        z = (means.treatment - ratio * means.control) / sqrt(means.variance(ratio))
        assert abs(z) == pytest.approx(critical, rel=1e-10)


def test_lift_bounds_of_correlated_means_solve_fiellers_equation_too() -> None:
    means = TwoMeans(44.0, 40.0, (Contribution(4.0, 9.0, 5.5, 50.0),))
    for bound in lift_bounds(means, 2.5):
        ratio = float(1 + bound)
        assert abs(4.0 - 40.0 * float(bound)) / sqrt(means.variance(ratio)) == pytest.approx(2.5)


COUNTS = st.lists(st.integers(0, 30), min_size=3, max_size=12)


@given(treatment=COUNTS, control=COUNTS, alpha=st.sampled_from([0.2, 0.1, 0.05]))
def test_lift_interval_leaves_out_zero_exactly_when_the_difference_is_significant(
    treatment: list[int], control: list[int], alpha: float
) -> None:
    assume(len(set(treatment)) > 1 or len(set(control)) > 1)
    means = two_means(moments(treatment), moments(control))
    change, relative = difference(means, alpha, 1.0), lift_of(means, alpha)
    assume(relative.refused == NoLift.NONE and abs(float(change.p_value) - alpha) > EDGE)
    assert (relative.lower > 0 or relative.upper < 0) == (change.p_value < alpha)
    assert (change.lower > 0 or change.upper < 0) == (change.p_value < alpha)


@given(shift=st.integers(-20, 20), correlation=st.floats(-0.95, 0.95))
def test_lift_and_difference_agree_for_correlated_means_too(shift: int, correlation: float) -> None:
    means = TwoMeans(40.0 + shift, 40.0, (Contribution(4.0, 9.0, 6 * correlation, 50.0),))
    change, relative = difference(means, 0.05, 52.0), lift_of(means)
    assert relative.refused == NoLift.NONE
    assume(abs(float(change.p_value) - 0.05) > EDGE)
    assert (relative.lower > 0 or relative.upper < 0) == (change.p_value < 0.05)


def test_lift_over_a_control_near_zero_is_refused() -> None:
    found = lift_of(two_means(moments([1, 2, 3]), moments([0, 0, 3])))
    assert found.refused == NoLift.UNBOUNDED
    assert all(np.isnan(number) for number in (found.value, found.lower, found.upper))


@pytest.mark.parametrize("control", [[0, 0, 0], [-5, -4, -6]])
def test_lift_over_a_control_at_or_below_zero_is_refused(control: list[int]) -> None:
    found = lift_of(two_means(moments([1, 2, 3]), moments(control)))
    assert found.refused == NoLift.CONTROL_NOT_POSITIVE
    assert all(np.isnan(number) for number in (found.value, found.lower, found.upper))


def test_a_critical_value_without_bound_leaves_no_lift() -> None:
    found = lift(two_means(moments([9, 11, 14]), moments([7, 8, 10])), float("inf"))
    assert found.refused == NoLift.UNBOUNDED


SAMPLES = st.lists(st.integers(-3, 30), min_size=2, max_size=6)


@given(groups=st.lists(st.tuples(SAMPLES, SAMPLES), min_size=1, max_size=6))
def test_an_array_of_groups_has_the_bits_of_each_group_alone(groups: list[tuple[list[int], list[int]]]) -> None:
    treatment, control = (stacked([moments(pair[arm]) for pair in groups]) for arm in (0, 1))
    means = two_means(treatment, control)
    change = difference(means, 0.05, np.ones(len(groups)))
    relative = lift(means, change.critical_value)
    for place, (t, c) in enumerate(groups):
        own = two_means(moments(t), moments(c))
        alone = difference(own, 0.05, 1.0)
        for name in ("value", "std_error", "degrees_of_freedom", "lower", "upper", "p_value"):
            found, expected = np.asarray(getattr(change, name))[place], getattr(alone, name)
            assert found == expected or (np.isnan(found) and np.isnan(expected)), name
        for name in ("value", "lower", "upper", "refused"):
            found, expected = np.asarray(getattr(relative, name))[place], getattr(lift_of(own), name)
            assert found == expected or (np.isnan(found) and np.isnan(expected)), name
