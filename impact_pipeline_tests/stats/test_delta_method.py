from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from impact_pipeline.stats.delta_method import denominator_variation, linearised, ratio_variance
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_studies import moments

ONE = Fraction(1)
CITIES_1920 = [138, 93, 61, 179, 48, 37, 29, 23, 30, 2]
CITIES_1930 = [143, 104, 69, 260, 75, 63, 50, 48, 111, 50]


def test_population_ratio_of_davison_and_hinkley() -> None:
    found = moments(CITIES_1930, CITIES_1920)
    [summary] = linearised([(ONE, found)])
    plug_in = ratio_variance(found) * Fraction(9, 10)
    assert float(summary.mean) == pytest.approx(1.5203, abs=5e-5)
    assert sqrt(plug_in) == pytest.approx(0.18024, abs=5e-6)


def test_linearised_variance_is_that_of_the_influence_of_each_unit() -> None:
    rng = np.random.default_rng(3)
    d, x = rng.poisson(4, 60) + 1, rng.poisson(2, 60)
    y = rng.binomial(d, 0.3)
    [summary] = linearised([(ONE, moments(y, d, x))], covariate=True)
    influence = (y - y.sum() / d.sum() * d) / d.mean()
    assert summary.covariate is not None
    assert float(summary.variance) == pytest.approx(np.var(influence, ddof=1), rel=1e-12)
    assert float(summary.covariate.covariance) == pytest.approx(np.cov(influence, x)[0, 1], rel=1e-12)
    assert float(summary.covariate.variance) == pytest.approx(np.var(x, ddof=1), rel=1e-12)


def test_ratio_over_strata_is_that_of_the_weighted_means() -> None:
    parts = [(Fraction(1, 4), moments([1, 2, 3], [2, 2, 5])), (Fraction(3, 4), moments([4, 0], [6, 2]))]
    summaries = linearised(parts)
    ratio = (Fraction(1, 4) * 2 + Fraction(3, 4) * 2) / (Fraction(1, 4) * 3 + Fraction(3, 4) * 4)
    assert sum(w * s.mean for (w, _), s in zip(parts, summaries, strict=True)) == ratio


def test_denominator_variation_is_the_standard_error_over_the_mean() -> None:
    d = [1, 2, 3, 6]
    expected = np.std(d, ddof=1) / sqrt(4) / 3
    assert denominator_variation([(ONE, moments([0] * 4, d))]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("d", [[0, 0, 0], [-1, 0, 1]])
def test_a_denominator_that_is_not_above_zero_varies_without_bound(d: list[int]) -> None:
    assert denominator_variation([(ONE, moments([1, 1, 1], d))]) == float("inf")


def test_a_constant_denominator_reduces_to_the_mean() -> None:
    found = moments([1, 4, 5, 7], [2, 2, 2, 2])
    assert ratio_variance(found) == Moments.covariance(found, "y", "y") / 4 / 4
