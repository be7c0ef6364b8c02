from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import inf, nan
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.stats.alpha_spending import Spending, hwang_shih_decani, kim_demets, obrien_fleming, pocock
from impact_pipeline.stats.boundary_crossing import crossing
from impact_pipeline.stats.group_sequential import (
    bounds,
    critical_value,
    p_value,
    p_values,
    spending_bounds,
    wang_tsiatis_bounds,
)

PRINTED = 1e-7
"""Figures have eight digits."""

COARSE = 2e-4
"""Older programs integrate on coarser grids."""

ROOT = 1e-9

Sides = Literal[1, 2]
SIDES: tuple[Sides, ...] = (1, 2)

EVEN = (0.2, 0.4, 0.6, 0.8, 1.0)

SPENDINGS: list[Spending] = [
    obrien_fleming,
    pocock,
    kim_demets,
    hwang_shih_decani,
    partial(kim_demets, rho=1.0),
    partial(hwang_shih_decani, gamma=3.0),
]

LOOKS: list[tuple[float, ...]] = [EVEN, (0.3,), (0.05, 0.5, 0.52), (0.5, 0.9, 1.1), tuple(k / 12 for k in range(1, 13))]


@pytest.mark.parametrize(
    ("spending", "information", "alpha", "sides", "expected"),
    [
        (obrien_fleming, (0.4, 0.75, 0.85, 1.0), 0.13, 1, (2.1280732, 1.4368565, 1.422873, 1.2970881)),
        (obrien_fleming, (0.2, 0.55), 0.09, 2, (4.3323635, 2.4641251)),
        (pocock, (0.4, 0.7), 0.025, 1, (2.223875, 2.3050796)),
        (pocock, (0.35, 0.7, 1.0), 0.13, 1, (1.5446617, 1.4828682, 1.4620058)),
        (partial(kim_demets, rho=2.2), (0.3, 0.7, 1.0), 0.03, 1, (2.8594012, 2.2435708, 1.9735737)),
        (partial(hwang_shih_decani, gamma=0.0), (0.2, 0.4, 1.0), 0.03, 1, (2.5121443, 2.4228747, 2.0280392)),
        (partial(hwang_shih_decani, gamma=-1.0), (0.2, 0.4, 1.0), 0.07, 1, (2.364813, 2.1928805, 1.5660474)),
    ],
)
def test_spending_bounds_are_those_of_rpact(
    spending: Spending, information: tuple[float, ...], alpha: float, sides: Sides, expected: tuple[float, ...]
) -> None:
    """Figures in the unit tests of the R package rpact, of looks before any binding futility bound."""
    assert spending_bounds(information, spending, alpha, sides=sides) == pytest.approx(expected, rel=PRINTED)


def test_spending_bounds_are_those_printed_for_five_even_looks() -> None:
    """O'Brien-Fleming type at two-sided .05, as the programs ld98 and ldbounds print them."""
    expected = (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)
    assert spending_bounds(EVEN, obrien_fleming, 0.05) == pytest.approx(expected, abs=COARSE)


def test_classical_constants_are_those_of_jennison_and_turnbull() -> None:
    """Jennison, Turnbull (2000), tables 2.1 and 2.3: five looks at two-sided .05."""
    assert wang_tsiatis_bounds(5, 0.05, 0.5) == pytest.approx([2.413] * 5, abs=0.0006)
    flemings = wang_tsiatis_bounds(5, 0.05, 0.0)
    assert flemings[-1] == pytest.approx(2.040, abs=0.0006)
    assert flemings[0] == pytest.approx(4.562, abs=0.002)
    assert flemings[2] == pytest.approx(2.634, abs=0.001)


@pytest.mark.parametrize(("looks", "shape", "last"), [(9, 0.1, 2.113), (6, 0.25, 2.154), (7, 0.4, 2.313)])
def test_wang_and_tsiatis_bounds_are_those_of_jennison_and_turnbull(looks: int, shape: float, last: float) -> None:
    """Jennison, Turnbull (2000), as the unit tests of the R package gsDesign quote them."""
    assert wang_tsiatis_bounds(looks, 0.05, shape)[-1] == pytest.approx(last, abs=0.0006)


def test_one_sided_obrien_fleming_bounds_are_those_of_rpact() -> None:
    expected = (3.4710914, 2.4544323, 2.0040356)
    assert wang_tsiatis_bounds(3, 0.025, 0.0, sides=1) == pytest.approx(expected, rel=PRINTED)


@pytest.mark.parametrize("sides", SIDES)
def test_one_look_is_a_fixed_test(sides: Sides) -> None:
    critical = {1: 1.6448536, 2: 1.959964}[sides]
    assert wang_tsiatis_bounds(1, 0.05, 0.3, sides=sides) == pytest.approx((critical,), rel=PRINTED)
    for spending in SPENDINGS:
        assert critical_value([1.0], spending, 0.05, sides=sides) == pytest.approx(critical, rel=PRINTED)
        assert p_value(critical, [1.0], spending, sides=sides) == pytest.approx(0.05, rel=1e-6)


@given(
    parts=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5),
    alpha=st.floats(1e-4, 0.4),
    spending=st.sampled_from(SPENDINGS),
    sides=st.sampled_from(SIDES),
)
def test_bounds_are_crossed_with_the_chance_that_is_spent(
    parts: list[float], alpha: float, spending: Spending, sides: Sides
) -> None:
    information = np.cumsum(parts) / sum(parts)
    found = crossing(
        information.tolist(), spending_bounds(information.tolist(), spending, alpha, sides=sides), sides=sides
    )
    spent = [sides * spending(t, alpha / sides) for t in information]
    np.testing.assert_allclose(np.cumsum(found.upper + found.lower), spent, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("spending", SPENDINGS)
@pytest.mark.parametrize("information", LOOKS)
@pytest.mark.parametrize("sides", SIDES)
def test_bounds_fall_as_alpha_grows(spending: Spending, information: tuple[float, ...], sides: Sides) -> None:
    """What makes the repeated p-value well defined: every look's bound, up to the greatest p that is sought."""
    levels = [*(10.0 ** np.arange(-12, -1)), *np.arange(0.02, 0.99, 0.04), 0.998]
    found = [spending_bounds(information, spending, alpha, sides=sides) for alpha in levels]
    assert all(later <= earlier for one, next_ in pairwise(found) for earlier, later in zip(one, next_, strict=True))


@given(
    statistic=st.floats(-6, 6),
    alpha=st.floats(1e-5, 0.5),
    spending=st.sampled_from(SPENDINGS),
    information=st.sampled_from(LOOKS),
    sides=st.sampled_from(SIDES),
)
def test_p_value_is_at_most_alpha_exactly_when_the_interval_leaves_out_zero(
    statistic: float, alpha: float, spending: Spending, information: tuple[float, ...], sides: Sides
) -> None:
    critical = critical_value(information, spending, alpha, sides=sides)
    reached = statistic if sides == 1 else abs(statistic)
    p = p_value(statistic, information, spending, sides=sides)
    if abs(reached - critical) > 1e-8:
        assert (p <= alpha) == (reached > critical)
    assert p_value(critical, information, spending, sides=sides) == pytest.approx(alpha, rel=1e-7)


def test_looks_so_far_have_the_bounds_of_the_whole_plan() -> None:
    whole = spending_bounds(EVEN, obrien_fleming, 0.05)
    assert [critical_value(EVEN[:k], obrien_fleming, 0.05) for k in range(1, 6)] == pytest.approx(whole, rel=ROOT)


def test_p_values_are_elementwise() -> None:
    statistics = np.array([[2.1, -2.1], [0.3, nan]])
    found = p_value(statistics, EVEN, pocock)
    assert isinstance(found, np.ndarray)
    assert found.shape == (2, 2)
    assert found[0, 0] == found[0, 1] == p_value(2.1, EVEN, pocock)
    assert found[1, 0] == p_value(0.3, EVEN, pocock)
    assert np.isnan(found[1, 1])


@pytest.mark.parametrize("sides", SIDES)
def test_extreme_statistics_have_p_values(sides: Sides) -> None:
    statistics = np.array([inf, 0.0 if sides == 2 else -inf])
    huge, none = np.asarray(p_value(statistics, EVEN, obrien_fleming, sides=sides))
    assert 0 < huge < 1e-290
    assert none == 1.0


@pytest.mark.parametrize("sides", SIDES)
def test_nothing_is_left_to_spend_after_all_information_is_in(sides: Sides) -> None:
    information = (0.5, 1.05, 1.1)
    assert spending_bounds(information, pocock, 0.05, sides=sides)[-1] == inf
    np.testing.assert_array_equal(p_value(np.array([9.0, inf]), information, pocock, sides=sides), [1.0, 1.0])


def test_the_last_look_may_spend_the_rest_early() -> None:
    """An under-run: what is left of alpha is spent at a last look with nine tenths of the information."""
    found = bounds([0.5, 0.9], [0.01, 0.05])
    assert found == pytest.approx(bounds([5 / 9, 1.0], [0.01, 0.05]), rel=ROOT)


def test_so_early_a_look_has_no_bound() -> None:
    assert spending_bounds([0.001, 1.0], obrien_fleming, 0.05) == pytest.approx((inf, 1.959964), rel=PRINTED)


def test_two_sided_bounds_that_spend_everything_or_more_are_zero() -> None:
    assert bounds([0.5, 1.0], [0.4, 1.0])[-1] == pytest.approx(0.0, abs=1e-9)
    assert bounds([0.5, 1.0], [0.4, 1.2])[-1] == 0.0


def test_one_sided_bounds_that_spend_more_than_is_left_are_below_everything() -> None:
    assert bounds([0.5, 1.0], [0.5, 1.2], sides=1)[-1] == -inf


def test_repeated_intervals_cover_together_whether_or_not_one_stops() -> None:
    draws, rng = 40_000, np.random.default_rng(2)
    added = np.diff(EVEN, prepend=0.0)
    away = rng.normal(0, np.sqrt(added), (draws, 5)).cumsum(axis=1) / np.sqrt(EVEN)
    missed = np.abs(away) > [critical_value(EVEN[:k], pocock, 0.1) for k in range(1, 6)]
    assert missed.any(axis=1).mean() == pytest.approx(0.1, abs=3.5 * np.sqrt(0.09 / draws))


def test_the_smallest_p_value_so_far_is_valid() -> None:
    draws, rng = 200, np.random.default_rng(4)
    statistics = rng.normal(0, np.sqrt(1 / 3), (draws, 3)).cumsum(axis=1) / np.sqrt([1 / 3, 2 / 3, 1])
    looks = (1 / 3, 2 / 3, 1.0)
    each = [np.asarray(p_value(statistics[:, k], looks[: k + 1], obrien_fleming)) for k in range(3)]
    smallest = np.min(each, axis=0)
    for alpha in (0.05, 0.2, 0.5):
        assert np.mean(smallest <= alpha) == pytest.approx(alpha, abs=3.5 * np.sqrt(alpha * (1 - alpha) / draws))


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("information", [(1.0,), (1 / 3, 2 / 3, 1.0), (0.05, 0.5), (0.2, 0.4, 0.6, 0.8, 1.0)])
@pytest.mark.parametrize("spending", [obrien_fleming, pocock])
def test_many_p_values_are_near_those_of_one(information: tuple[float, ...], spending: Spending, sides: Sides) -> None:
    statistics = np.linspace(-1.0 if sides == 1 else 0.0, 6.0, 15)
    found = p_values(statistics, information, spending, 0.05, sides=sides)
    alone = np.asarray(p_value(statistics, information, spending, sides=sides))
    np.testing.assert_allclose(found, alone, rtol=5e-4)
    assert (np.diff(found) <= 0).all()


@pytest.mark.parametrize("sides", [1, 2])
def test_many_p_values_hold_alpha_at_the_bound(sides: Sides) -> None:
    bound = critical_value(EVEN, obrien_fleming, 0.05, sides=sides)
    at, beyond, below, none = p_values(np.array([bound, 40.0, -50.0, nan]), EVEN, obrien_fleming, 0.05, sides=sides)
    assert at == pytest.approx(0.05, rel=1e-12)
    assert 0 < beyond < 1e-28
    assert below == (1.0 if sides == 1 else beyond)
    assert np.isnan(none)


def test_many_p_values_of_a_look_that_may_spend_nothing_are_one() -> None:
    assert p_values(np.array([0.0, 9.0]), (1e-6,), obrien_fleming, 0.05).tolist() == [1.0, 1.0]
