from __future__ import annotations

from fractions import Fraction
from math import inf

import numpy as np
import pytest

from impact_pipeline.stats.two_means import Contribution, TwoMeans, added, as_shape_of, as_written

MEANS = TwoMeans(3.0, 2.0, (Contribution(0.5, 0.0, 0.0, 9.0), Contribution(0.0, 0.5, 0.0, 4.0)))


def test_variance_of_a_scaled_contrast_scales_the_control() -> None:
    assert MEANS.variance() == 1
    assert MEANS.variance(2.0) == 2.5


def test_covariance_reduces_the_variance_of_the_difference() -> None:
    shared = TwoMeans(3.0, 2.0, (Contribution(0.5, 0.5, 0.25, 9.0),))
    assert shared.variance() == 0.5
    assert shared.covariances() == (0.5, 0.5, 0.25)


def test_error_has_the_degrees_of_freedom_of_satterthwaite() -> None:
    std_error, degrees = MEANS.error()
    assert std_error == 1.0
    assert degrees == pytest.approx(1 / (0.25 / 9 + 0.25 / 4), rel=1e-15)


def test_one_sample_keeps_its_degrees_of_freedom() -> None:
    assert TwoMeans(3.0, 2.0, MEANS.contributions[:1]).error()[1] == 9


def test_without_any_variance_degrees_of_freedom_are_infinite() -> None:
    nothing = TwoMeans(3.0, 2.0, (Contribution(0.0, 0.0, 0.0, 9.0),))
    assert nothing.error() == (0.0, inf)


def test_a_variance_that_rounding_left_below_zero_is_none() -> None:
    assert TwoMeans(3.0, 2.0, (Contribution(0.5, 0.5, 0.5 + 2**-53, 9.0),)).error()[0] == 0.0


def test_groups_in_an_array_have_the_bits_of_each_alone() -> None:
    rng = np.random.default_rng(1)
    numbers = rng.gamma(1.0, size=(8, 500))
    numbers[2:, 0] = 0.0

    def means(*n: float) -> TwoMeans:
        t, c, v_t, v_c, shared, of_control, f, g = n
        return TwoMeans(t, c, (Contribution(v_t, v_c, shared / 9, f + 1), Contribution(0.0, of_control, 0.0, g + 1)))

    error, degrees = means(*numbers).error(1.1)
    alone = [means(*(float(number) for number in column)).error(1.1) for column in numbers.T]
    assert [(e, f) for e, f in zip(np.asarray(error), np.asarray(degrees), strict=True)] == alone
    assert alone[0] == (0.0, inf)


def test_floats_stay_floats_and_arrays_arrays() -> None:
    assert [type(number) for number in MEANS.error()] == [np.float64, float]
    assert isinstance(as_shape_of(np.zeros(1), np.ones(1)), np.ndarray)
    assert added([]) == 0.0


@pytest.mark.parametrize(
    ("number", "expected"), [(0.1, Fraction(1, 10)), (1e-05, Fraction(1, 100_000)), (2.0, Fraction(2))]
)
def test_a_number_is_read_as_written(number: float, expected: Fraction) -> None:
    assert as_written(number) == expected
