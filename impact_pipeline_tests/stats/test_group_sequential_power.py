from __future__ import annotations

from functools import partial
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.alpha_spending import hwang_shih_decani, kim_demets
from impact_pipeline.stats.group_sequential import spending_bounds, wang_tsiatis_bounds
from impact_pipeline.stats.group_sequential_power import (
    drift_with_power,
    expected_information,
    inflation_factor,
    power_by_look,
)

PRINTED = 1e-7
"""Figures have eight digits."""

PER_MILLE = 0.0006
"""Figures are printed with three decimals."""

HSD = ((0.2, 0.4, 1.0), spending_bounds((0.2, 0.4, 1.0), partial(hwang_shih_decani, gamma=0.0), 0.03, sides=1))


def even(looks: int) -> list[float]:
    return [k / looks for k in range(1, looks + 1)]


def test_power_by_look_is_that_of_rpact() -> None:
    """One-sided Hwang-Shih-DeCani design in the unit tests of the R package rpact; its shift is the squared drift."""
    found = power_by_look(*HSD, sqrt(9.4594101), sides=1)
    assert found.tolist() == pytest.approx([0.12783451, 0.34055165, 0.86], rel=PRINTED)
    assert drift_with_power(*HSD, 0.86, sides=1) ** 2 == pytest.approx(9.4594101, rel=PRINTED)


def test_inflation_and_expected_information_are_those_of_rpact() -> None:
    inflation, drift = inflation_factor(*HSD, 0.86, sides=1), sqrt(9.4594101)
    assert inflation == pytest.approx(1.0788327, rel=PRINTED)
    for share, average in ((1.0, 0.83081135), (0.5, 1.0142116), (0.0, 1.0697705)):
        found = inflation * expected_information(*HSD, share * drift, sides=1)
        assert found == pytest.approx(average, rel=PRINTED)


@pytest.mark.parametrize(
    ("looks", "shape", "power", "inflation"),
    [
        (5, 0.5, 0.8, 1.229),
        (4, 0.5, 0.8, 1.202),
        (15, 0.5, 0.9, 1.305),
        (5, 0.0, 0.8, 1.028),
        (20, 0.0, 0.9, 1.045),
        (9, 0.1, 0.9, 1.048),
        (6, 0.25, 0.8, 1.077),
        (7, 0.4, 0.8, 1.159),
    ],
)
def test_inflation_is_that_of_jennison_and_turnbull(looks: int, shape: float, power: float, inflation: float) -> None:
    """Jennison, Turnbull (2000), tables 2.2 and 2.4, and for shapes between, at two-sided .05."""
    found = inflation_factor(even(looks), wang_tsiatis_bounds(looks, 0.05, shape), power)
    assert found == pytest.approx(inflation, abs=PER_MILLE)


@pytest.mark.parametrize(("looks", "rho", "inflation"), [(3, 1.0, 1.117), (10, 2.0, 1.081), (2, 3.0, 1.010)])
def test_inflation_of_power_spending_is_that_of_jennison_and_turnbull(looks: int, rho: float, inflation: float) -> None:
    """Jennison, Turnbull (2000), chapter 7: two-sided .05, power .8."""
    bounds = spending_bounds(even(looks), partial(kim_demets, rho=rho), 0.05)
    assert inflation_factor(even(looks), bounds, 0.8) == pytest.approx(inflation, abs=PER_MILLE)


@pytest.mark.parametrize(
    ("looks", "power", "expected"),
    [(4, 0.8, (1.175, 1.088, 0.805, 0.522)), (15, 0.9, (1.264, 1.112, 0.664, 0.354))],
)
def test_expected_information_of_pocock_is_that_of_jennison_and_turnbull(
    looks: int, power: float, expected: tuple[float, ...]
) -> None:
    """In units of the fixed test's, at 0, 1/2, 1 and 3/2 of the drift that has the power; chapter 2."""
    bounds = wang_tsiatis_bounds(looks, 0.05, 0.5)
    drift = drift_with_power(even(looks), bounds, power)
    inflation = inflation_factor(even(looks), bounds, power)
    found = [inflation * expected_information(even(looks), bounds, share * drift) for share in (0.0, 0.5, 1.0, 1.5)]
    assert found == pytest.approx(expected, abs=PER_MILLE)


@pytest.mark.parametrize("power", [0.1, 0.5, 0.95])
def test_one_look_is_a_fixed_test(power: float) -> None:
    drift = drift_with_power([1.0], [1.959964], power)
    assert drift == pytest.approx(1.959964 + stats.norm.ppf(power), rel=PRINTED)
    assert inflation_factor([1.0], [1.959964], power) == pytest.approx(1.0, rel=PRINTED)
    assert expected_information([1.0], [1.959964], drift) == 1.0


def test_power_without_drift_is_the_error_of_one_side() -> None:
    assert power_by_look(even(3), wang_tsiatis_bounds(3, 0.05, 0.2), 0.0)[-1] == pytest.approx(0.025, rel=1e-9)


def test_power_is_of_the_bound_on_the_side_of_the_drift() -> None:
    bounds = wang_tsiatis_bounds(3, 0.05, 0.2)
    np.testing.assert_array_equal(power_by_look(even(3), bounds, -2.0), power_by_look(even(3), bounds, 2.0))


def test_inflation_is_counted_at_the_last_look() -> None:
    bounds = wang_tsiatis_bounds(2, 0.05, 0.5)
    assert inflation_factor([0.4, 0.8], bounds, 0.8) == pytest.approx(
        inflation_factor([0.5, 1.0], bounds, 0.8), rel=1e-9
    )
