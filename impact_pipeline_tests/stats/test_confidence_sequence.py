from __future__ import annotations

from math import exp, inf, pi, sqrt
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from impact_pipeline.stats.confidence_sequence import critical_value, mixture_variance, p_value

FORMULA = 1e-12
"""The same formula in another form."""

QUADRATURE = 1e-9
"""Against numerical integration."""

LEVELS = st.floats(1e-6, 0.4)
Sides = Literal[1, 2]
SIDES: tuple[Sides, ...] = (1, 2)


def likelihood_ratio(statistic: float, n: int, r2: float, sides: int) -> float:
    """Of means mixed over N(0, r2), or its positive half, against 0, after n units of variance 1."""
    score = statistic * sqrt(n)

    def at(mean: float) -> float:
        return exp(mean * score - n * mean**2 / 2 - mean**2 / (2 * r2)) * (3 - sides) / sqrt(2 * pi * r2)

    peak = score / (n + 1 / r2)
    reach = 12 / sqrt(n + 1 / r2)
    lower = peak - reach if sides == 2 else max(0.0, peak - reach)
    return float(integrate.quad(at, lower, peak + reach, epsabs=0, epsrel=1e-11)[0])


@pytest.mark.parametrize(("n", "statistic"), [(100, 4.0), (2000, 3.2), (9000, 3.5)])
def test_p_value_is_the_reciprocal_of_a_mixed_likelihood_ratio(n: int, statistic: float) -> None:
    ratio = likelihood_ratio(statistic, n, float(mixture_variance(2000, 0.05)), 2)
    assert p_value(statistic, n, 2000, 0.05) == pytest.approx(1 / ratio, rel=QUADRATURE)


@pytest.mark.parametrize(("n", "statistic"), [(100, 4.0), (2000, 3.0), (9000, 3.5), (2000, 2.2)])
def test_one_sided_p_value_is_hardly_above_the_reciprocal_of_its_ratio(n: int, statistic: float) -> None:
    ratio = likelihood_ratio(statistic, n, float(mixture_variance(2000, 0.05, sides=1)), 1)
    assert 1 <= p_value(statistic, n, 2000, 0.05, sides=1) * ratio <= 1.15


def test_interval_is_that_of_the_paper() -> None:
    n, planned, alpha, sd = np.array([100.0, 1_000.0, 60_000.0]), 20_000, 0.1, 2.5
    r2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / planned
    half_width = sd * np.sqrt(2 * (n * r2 + 1) / (n**2 * r2) * np.log(np.sqrt(n * r2 + 1) / alpha))
    np.testing.assert_allclose(critical_value(n, planned, alpha) * sd / np.sqrt(n), half_width, rtol=FORMULA)
    r2 = (-2 * np.log(2 * alpha) + np.log(-2 * np.log(2 * alpha) + 1)) / planned
    one_sided = sd * np.sqrt(2 * (n * r2 + 1) / (n**2 * r2) * np.log(1 + np.sqrt(n * r2 + 1) / (2 * alpha)))
    np.testing.assert_allclose(critical_value(n, planned, alpha, sides=1) * sd / np.sqrt(n), one_sided, rtol=FORMULA)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_tuning_is_within_a_hundredth_of_the_narrowest(alpha: float) -> None:
    """The exact optimum is `(-W(-alpha^2 / e) - 1) / planned_n` with Lambert's W, branch -1."""
    best = (-special.lambertw(-(alpha**2) * exp(-1), -1).real - 1) / 5000
    evidence = 5000 * best
    narrowest = sqrt(2 * (evidence + 1) / evidence * np.log(sqrt(evidence + 1) / alpha))
    assert narrowest <= critical_value(5000, 5000, alpha) <= 1.01 * narrowest


@given(z=st.floats(-12, 12), n=st.floats(0.001, 50), alpha=LEVELS, tuned_at=LEVELS, sides=st.sampled_from(SIDES))
def test_p_value_is_at_most_alpha_exactly_when_the_interval_leaves_out_zero(
    z: float, n: float, alpha: float, tuned_at: float, sides: Sides
) -> None:
    critical = float(critical_value(n, 1.0, alpha, tuned_at=tuned_at, sides=sides))
    p = float(p_value(z, n, 1.0, tuned_at, sides=sides))
    assert 0 <= p <= 1
    if abs((z if sides == 1 else abs(z)) - critical) > 1e-9:
        assert (p <= alpha) == ((z if sides == 1 else abs(z)) > critical)
    assert p_value(critical, n, 1.0, tuned_at, sides=sides) == pytest.approx(alpha, rel=1e-9)


def test_tuning_is_that_of_alpha_unless_told() -> None:
    assert critical_value(300, 1000, 0.05) == critical_value(300, 1000, 0.05, tuned_at=0.05)
    assert critical_value(300, 1000, 0.01, tuned_at=0.05) > critical_value(300, 1000, 0.01)


def test_only_the_share_of_the_planned_units_matters() -> None:
    assert critical_value(300, 1000, 0.05) == pytest.approx(critical_value(30_000, 100_000, 0.05), rel=FORMULA)


def test_values_are_elementwise() -> None:
    z, n = np.array([[-3.0, 0.0], [2.5, 40.0]]), np.array([10.0, 500.0])
    for sides in SIDES:
        found = p_value(z, n, 400, 0.05, sides=sides)
        assert isinstance(found, np.ndarray)
        single = [[p_value(float(z[i, j]), float(n[j]), 400, 0.05, sides=sides) for j in (0, 1)] for i in (0, 1)]
        np.testing.assert_array_equal(found, single)
        np.testing.assert_array_equal(
            critical_value(n, 400, 0.05, sides=sides), [critical_value(each, 400, 0.05, sides=sides) for each in n]
        )


@pytest.mark.parametrize("sides", SIDES)
def test_extreme_statistics_have_p_values(sides: Sides) -> None:
    found = p_value(np.array([inf, 1e6, 0.0]), 10, 10, 0.05, sides=sides)
    np.testing.assert_array_equal(found, [0.0, 0.0, 1.0])


def test_an_effect_against_the_direction_tested_is_no_evidence() -> None:
    np.testing.assert_array_equal(p_value(np.array([-9.0, -inf]), 10, 10, 0.05, sides=1), [1.0, 1.0])


def test_one_side_lies_between_the_two_sided_intervals_at_alpha_and_twice_alpha() -> None:
    n = np.array([1.0, 100.0, 1e4])
    one_sided = critical_value(n, 100, 0.05, sides=1)
    assert np.less(one_sided, critical_value(n, 100, 0.05, tuned_at=0.1)).all()
    assert np.greater(one_sided, critical_value(n, 100, 0.1)).all()


@pytest.mark.parametrize(
    ("alpha", "sides", "limit"), [(0.5, 1, "0.5"), (0.0, 1, "0.5"), (1.0, 2, "1"), (-0.05, 2, "1")]
)
def test_an_alpha_that_no_sequence_can_have_is_refused(alpha: float, sides: Sides, limit: str) -> None:
    with pytest.raises(ValueError, match=f"alpha must lie between 0 and {limit}, found {alpha:g}$"):
        critical_value(10, 10, alpha, sides=sides)
