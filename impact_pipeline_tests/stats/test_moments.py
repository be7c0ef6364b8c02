from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.moments import Moments, as_exact, at_least_one, merged, rounded
from impact_pipeline_tests.small_studies import Array, moments, scaled

COVARIATES = 3
UNIT = st.tuples(*[st.integers(-(10**6), 10**6)] * (2 + COVARIATES))
HUGE = 10**12
DIGITS = 1e-12
"""Digits that a mean or a variance keeps when it is rounded once, whatever the size of the values."""


def of_units(values: Array) -> Moments:
    """Columns: outcome, denominator, covariates."""
    y, d, *x = values.reshape(-1, 2 + COVARIATES).T
    return moments(y, d, x)


def pairs(found: Moments) -> dict[str, Any]:
    """Every mean and every covariance there is."""
    places = range(found.covariates)
    variables = [("y", 0), ("d", 0), *(("x", i) for i in places)]
    means = {f"{name}{i}": found.mean(name, i) for name, i in variables}
    return means | {f"{a}{i} {b}{j}": found.covariance(a, b, (i, j)) for a, i in variables for b, j in variables}


@given(units=st.lists(UNIT, min_size=1, max_size=40), groups=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_moments_merged_over_any_partition_equal_moments_of_all_units(
    units: list[tuple[int, ...]], groups: int, seed: int
) -> None:
    values = np.array(units)
    belongs = np.random.default_rng(seed).integers(0, groups, len(units))
    parts = [of_units(values[belongs == group]) for group in range(groups)]
    alike = [part for part in parts if part.n] or parts
    assert reduce(add, alike) == merged(alike) == of_units(values)


@given(groups=st.lists(st.lists(UNIT, min_size=1, max_size=9), min_size=1, max_size=5))
def test_an_array_of_groups_has_the_bits_of_each_group_alone(groups: list[list[tuple[int, ...]]]) -> None:
    alone = [scaled(of_units(np.array(units)), 2) for units in groups]
    together = pairs(stacked(alone))
    assert {name: found.tolist() for name, found in together.items()} == {
        name: [pairs(one)[name] for one in alone] for name in together
    }


def test_every_covariance_is_that_of_its_pair_of_columns() -> None:
    values = np.random.default_rng(1).integers(-50, 50, (30, 2 + COVARIATES))
    found = pairs(of_units(values))
    names = ["y0", "d0", "x0", "x1", "x2"]
    expected = np.cov(values.T)
    assert [found[name] for name in names] == pytest.approx(values.mean(axis=0).tolist(), rel=DIGITS)
    for i, a in enumerate(names):
        assert [found[f"{a} {b}"] for b in names] == pytest.approx(expected[i].tolist(), rel=DIGITS)


def test_mean_and_covariance_are_those_of_the_declared_scale_rounded_once() -> None:
    found = scaled(moments([1, 2, 4], [2, 2, 5], [0, 1, 5]), 1)
    assert found.mean("y") == float(Fraction(7, 30))
    assert found.covariance("y", "y") == float(Fraction(7, 300))
    assert found.covariance("x", "d") == found.covariance("d", "x") == float(Fraction(9, 200))


def test_a_tiny_variance_around_a_huge_mean_is_not_lost() -> None:
    small = np.random.default_rng(2).integers(0, 7, (400, 2))
    around_zero, around_huge = (moments(small[:, 0] + shift, x=small[:, 1] + shift) for shift in (0, HUGE))
    for variables in (("y", "y"), ("x", "x"), ("y", "x")):
        expected = around_zero.covariance(*variables)
        assert around_huge.covariance(*variables) == expected
        assert stacked([around_huge]).covariance(*variables).tolist() == [expected]  # type: ignore[union-attr]
    assert around_huge.mean("y") - HUGE == pytest.approx(around_zero.mean("y"), abs=DIGITS * HUGE)


def test_groups_of_no_units_and_of_one_have_no_variance() -> None:
    found = stacked([moments([], [], [[]]), moments([5], [2], [[3]])])
    assert np.asarray(found.mean("y")).tolist() == [0.0, 5.0]
    assert np.asarray(found.covariance("y", "x")).tolist() == [0.0, 0.0]


def test_moments_at_different_scales_are_not_added() -> None:
    with pytest.raises(ValueError, match="moments at different scales do not add up"):
        Moments(n=1, y_scale=2) + Moments(n=1)
    with pytest.raises(ValueError, match="moments at different scales do not add up"):
        merged([Moments(n=1, y_scale=2), Moments(n=1)])


def test_moments_of_other_covariates_are_not_added() -> None:
    with pytest.raises(ValueError, match="moments at different scales do not add up"):
        moments([1], x=[[2]]) + moments([1], x=[[2], [3]])


def test_no_moments_merge_to_no_units() -> None:
    assert merged([]) == Moments()


def test_a_variable_that_is_not_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no variable 'z'; there are 'y', 'd' and 'x'"):
        moments([1, 2]).covariance("y", "z")


def test_a_change_is_made_to_every_sum_and_to_no_scale() -> None:
    found = scaled(moments([1, 2], [3, 4], [[5, 6], [7, 8]]), 2)
    assert found.each(lambda total: 2 * total) == found + found


@pytest.mark.parametrize("values", [[2**63, -1], [2**70, 1], np.array([2**62, -(2**62)]), [[1, 2], [2**64, 3]]])
def test_exact_integers_are_kept_whatever_their_size(values: Any) -> None:
    found = as_exact(values)
    assert found.tolist() == np.asarray(values, dtype=object).tolist()
    assert {type(value) for value in found.ravel().tolist()} == {int}


def test_rounded_is_the_nearest_float_for_a_number_and_for_an_array() -> None:
    numbers = [3, 2**53 + 1, -(2**70) - 1]
    expected = [3.0, 2.0**53, -(2.0**70)]
    assert np.asarray(rounded(as_exact(numbers))).tolist() == expected
    assert [rounded(number) for number in numbers] == expected


def test_at_least_one_is_a_divisor() -> None:
    assert (at_least_one(0.0), at_least_one(3.0)) == (1.0, 3.0)
    assert np.asarray(at_least_one(np.array([0.0, 2.5]))).tolist() == [1.0, 2.5]
