from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from impact_pipeline.stats.power import Sides, critical_value_of, exceedance, minimal_effect, noncentrality, power_of

SAME = 1e-9
"""Two evaluations of one noncentral t."""


def test_power_of_twenty_in_each_group_as_in_the_help_of_power_t_test() -> None:
    """R, stats: power.t.test(n = 20, delta = 1, sd = 1) gives 0.8689528."""
    assert power_of(1.0, sqrt(2 / 20), df=38) == pytest.approx(0.8689528, abs=1e-6)


@pytest.mark.parametrize(("effect", "n1", "ratio"), [(0.5, 15, 1.0), (0.2, 200, 3.0), (-0.4, 40, 0.5), (0.0, 9, 1.0)])
def test_two_sided_power_equals_statsmodels(effect: float, n1: int, ratio: float) -> None:
    se = sqrt(1 / n1 + 1 / (n1 * ratio))
    student = TTestIndPower().power(effect, n1, 0.05, ratio=ratio)
    normal = NormalIndPower().power(effect, n1, 0.05, ratio=ratio)
    assert power_of(effect, se, df=n1 * (1 + ratio) - 2) == pytest.approx(student, rel=SAME)
    assert power_of(effect, se) == pytest.approx(normal, rel=SAME)


def test_one_sided_power_equals_statsmodels() -> None:
    student = TTestIndPower().power(0.5, 30, 0.1, alternative="larger")
    assert power_of(0.5, sqrt(2 / 30), 0.1, 1, 58) == pytest.approx(student, rel=SAME)
    assert power_of(-0.5, sqrt(2 / 30), 0.1, 1, 58) < 0.001


def test_arrays_are_read_elementwise() -> None:
    effects = np.array([0.1, 0.3, 0.5])
    for df in (None, 12.0):
        each = [power_of(float(effect), 0.2, df=df) for effect in effects]
        assert power_of(effects, np.full(3, 0.2), df=df).tolist() == each
        assert minimal_effect(np.array([0.2, 0.4]), df=df).tolist() == [minimal_effect(se, df=df) for se in (0.2, 0.4)]


def test_many_degrees_of_freedom_are_normal() -> None:
    assert power_of(0.5, 0.2, df=float("inf")) == power_of(0.5, 0.2)
    assert power_of(0.5, 0.2, df=1e8) == pytest.approx(power_of(0.5, 0.2), abs=1e-8)


def test_a_critical_value_given_takes_the_place_of_alphas() -> None:
    assert power_of(3.0, 1.0, 0.2, critical_value=3.0) == pytest.approx(0.5, abs=1e-8)
    assert minimal_effect(1.0, 0.2, 0.5, critical_value=3.0) == pytest.approx(3.0, abs=1e-8)


@given(
    power=st.floats(0.06, 0.999),
    alpha=st.sampled_from([0.001, 0.05]),
    sides=st.sampled_from([1, 2]),
    df=st.sampled_from([None, 1.0, 4.5, 300.0]),
)
def test_the_minimal_effect_has_the_power_asked_for(power: float, alpha: float, sides: Sides, df: float | None) -> None:
    effect = minimal_effect(0.25, alpha, power, sides, df)
    assert power_of(effect, 0.25, alpha, sides, df) == pytest.approx(power, abs=SAME)


def test_a_large_effect_is_found_for_certain_however_few_the_degrees_of_freedom() -> None:
    assert exceedance(1e4, 12.7, 1.0) == pytest.approx(1.0, abs=2e-3)
    assert exceedance(40.0, 2.0, 38.0) == 1.0


@pytest.mark.parametrize("power", [0.02, 0.05, 1.0])
def test_a_power_of_the_tests_size_or_of_one_has_no_effect(power: float) -> None:
    with pytest.raises(ValueError, match=f"a power of {power:g} does not lie between the test's size, 0.05, and 1"):
        noncentrality(power, critical_value_of(0.05))
