from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.stats.sample_ratio_sequence import log_e_value, p_value

ROUNDING = 1e-9
"""Differences of log-gammas of thousands."""

SHARES = (0.5, 0.3, 0.2)
COUNTS = st.tuples(*(st.integers(0, 3000) for _ in SHARES))


def test_e_value_is_the_product_of_what_each_unit_was_foretold() -> None:
    """Each unit's arm is foretold from those before it; the e-value multiplies foretold over planned shares."""
    rng, concentration = np.random.default_rng(1), 40.0
    arms = rng.choice(3, size=500, p=[0.4, 0.4, 0.2])
    seen, log_product = concentration * np.array(SHARES), 0.0
    for arm in arms:
        log_product += np.log(seen[arm] / seen.sum() / SHARES[arm])
        seen[arm] += 1
    found = log_e_value(np.bincount(arms, minlength=3), SHARES, concentration)
    assert found == pytest.approx(log_product, abs=ROUNDING)


@given(counts=COUNTS, concentration=st.floats(1.0, 1e4))
def test_one_more_unit_is_expected_to_leave_the_e_value(counts: tuple[int, ...], concentration: float) -> None:
    before = log_e_value(counts, SHARES, concentration)
    after = log_e_value(np.array(counts) + np.eye(3), SHARES, concentration)
    assert np.dot(SHARES, np.exp(after - before)) == pytest.approx(1.0, abs=ROUNDING)


def test_e_value_of_two_arms_is_a_ratio_of_beta_functions() -> None:
    """30 and 10 units, concentration 4: `B(32, 12) / B(2, 2) * 2^40`, from factorials."""
    beta = {(a, b): Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1)) for a, b in ((32, 12), (2, 2))}
    ratio = beta[32, 12] / beta[2, 2] * 2**40
    assert np.exp(log_e_value([30, 10], [0.5, 0.5], 4.0)) == pytest.approx(float(ratio), rel=1e-11)


def test_no_units_are_no_evidence() -> None:
    assert log_e_value([0, 0], [0.5, 0.5]) == 0.0
    assert log_e_value([400, 0], [1.0, 0.0]) == pytest.approx(0.0, abs=ROUNDING)


def test_an_arm_of_share_zero_takes_no_part_however_many_units_it_holds() -> None:
    two = log_e_value([50_700, 49_300], [0.5, 0.5])
    assert log_e_value([50_700, 49_300, 0], [0.5, 0.5, 0.0]) == two
    assert log_e_value([50_700, 70, 49_300], [0.5, 0.0, 0.5]) == two


def test_shares_are_of_any_total() -> None:
    assert log_e_value([510, 290, 200], [5, 3, 2]) == pytest.approx(log_e_value([510, 290, 200], SHARES), abs=ROUNDING)


def test_each_look_has_its_value() -> None:
    counts = np.array([[[60, 40], [130, 80]], [[50, 50], [99, 101]]])
    found = log_e_value(counts, [0.5, 0.5], 100.0)
    assert np.shape(found) == (2, 2)
    assert np.asarray(found)[0, 1] == log_e_value([130, 80], [0.5, 0.5], 100.0)


def test_phases_of_other_shares_add_up_and_a_planned_ramp_is_no_mismatch() -> None:
    ramp = np.array([[990_000, 10_000], [500_000, 500_000]])
    added = log_e_value(ramp[0], [0.99, 0.01]) + log_e_value(ramp[1], [0.5, 0.5])
    assert added < 0
    assert log_e_value(ramp.sum(axis=0), [0.745, 0.255]) < 0
    assert log_e_value(ramp.sum(axis=0), [0.5, 0.5]) > 1000


def test_a_clear_mismatch_is_clear() -> None:
    """The counts of Kohavi, Tang, Xu (2020), whose chi-square p is 1.8e-6: a p-value fit for any look asks for more."""
    (found,) = np.asarray(p_value(log_e_value([821_588, 815_482], [0.5, 0.5])))
    assert 1e-4 < found < 1e-3


def test_p_value_keeps_the_largest_evidence_so_far() -> None:
    found = p_value([[-1.0, 3.0, 2.0, 5.0], [-3.0, -2.0, -9.0, 0.5]])
    expected = [[1.0, np.exp(-3), np.exp(-3), np.exp(-5)], [1.0, 1.0, 1.0, np.exp(-0.5)]]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_p_value_of_one_look_is_that_of_its_evidence() -> None:
    np.testing.assert_allclose(p_value(4.0), [np.exp(-4.0)], rtol=1e-15)
