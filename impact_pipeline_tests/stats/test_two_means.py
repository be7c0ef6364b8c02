from __future__ import annotations

from fractions import Fraction

import pytest

from impact_pipeline.stats.two_means import Contribution, TwoMeans, as_written

HALF = Fraction(1, 2)
MEANS = TwoMeans(
    Fraction(3),
    Fraction(2),
    (Contribution(HALF, Fraction(0), Fraction(0), 9), Contribution(Fraction(0), HALF, Fraction(0), 4)),
)


def test_variance_of_a_scaled_contrast_scales_the_control() -> None:
    assert MEANS.variance() == 1
    assert MEANS.variance(Fraction(2)) == Fraction(5, 2)


def test_covariance_reduces_the_variance_of_the_difference() -> None:
    shared = TwoMeans(Fraction(3), Fraction(2), (Contribution(HALF, HALF, Fraction(1, 4), 9),))
    assert shared.variance() == Fraction(1, 2)


def test_degrees_of_freedom_follow_satterthwaite() -> None:
    assert MEANS.degrees_of_freedom() == pytest.approx(1 / (0.25 / 9 + 0.25 / 4), rel=1e-15)


def test_one_sample_keeps_its_degrees_of_freedom() -> None:
    assert TwoMeans(Fraction(3), Fraction(2), MEANS.contributions[:1]).degrees_of_freedom() == 9


@pytest.mark.parametrize(
    ("number", "expected"), [(0.1, Fraction(1, 10)), (1e-05, Fraction(1, 100_000)), (2.0, Fraction(2))]
)
def test_a_number_is_read_as_written(number: float, expected: Fraction) -> None:
    assert as_written(number) == expected
