from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.delta_method import denominator_variation, linearised, ratio_variance
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.stratified import SampleSummary, unit_weights
from impact_pipeline_tests.small_studies import Array, moments

ROUNDINGS = 1e-12
"""Doubles of the same formula from rows."""

CITIES_1920 = [138, 93, 61, 179, 48, 37, 29, 23, 30, 2]
CITIES_1930 = [143, 104, 69, 260, 75, 63, 50, 48, 111, 50]


def test_population_ratio_of_davison_and_hinkley() -> None:
    found = moments(CITIES_1930, CITIES_1920)
    [summary] = linearised([(1.0, found)])
    plug_in = ratio_variance(found) * 9 / 10
    assert float(summary.mean) == pytest.approx(1.5203, abs=5e-5)
    assert sqrt(plug_in) == pytest.approx(0.18024, abs=5e-6)


def test_linearised_variance_is_that_of_the_influence_of_each_unit() -> None:
    rng = np.random.default_rng(3)
    d, x = rng.poisson(4, 60) + 1, rng.poisson(2, (2, 60))
    y = rng.binomial(d, 0.3)
    [summary] = linearised([(1.0, moments(y, d, x))], covariates=True)
    influence = (y - y.sum() / d.sum() * d) / d.mean()
    expected = np.cov(np.stack([influence, *x]))
    assert summary.covariates is not None
    assert summary.variance == pytest.approx(expected[0, 0], rel=ROUNDINGS)
    assert summary.covariates.with_outcome == pytest.approx(expected[0, 1:], rel=ROUNDINGS)
    assert summary.covariates.covariances == pytest.approx(expected[1:, 1:][np.triu_indices(2)], rel=ROUNDINGS)


def test_ratio_over_strata_is_that_of_the_weighted_means() -> None:
    parts = [(0.25, moments([1, 2, 3], [2, 2, 5])), (0.75, moments([4, 0], [6, 2]))]
    summaries = linearised(parts)
    ratio = (0.25 * 2 + 0.75 * 2) / (0.25 * 3 + 0.75 * 4)
    assert sum(w * s.mean for (w, _), s in zip(parts, summaries, strict=True)) == pytest.approx(ratio, rel=ROUNDINGS)


def test_denominator_variation_is_the_standard_error_over_the_mean() -> None:
    d = [1, 2, 3, 6]
    expected = np.std(d, ddof=1) / sqrt(4) / 3
    assert denominator_variation([(1.0, moments([0] * 4, d))]) == pytest.approx(expected, rel=ROUNDINGS)


@pytest.mark.parametrize("d", [[0, 0, 0], [-1, 0, 1]])
def test_a_denominator_that_is_not_above_zero_varies_without_bound(d: list[int]) -> None:
    assert denominator_variation([(1.0, moments([1, 1, 1], d))]) == float("inf")


def test_a_denominator_of_zero_gives_no_number_and_leaves_other_groups_theirs() -> None:
    groups = [moments([1, 2, 1], [0, 0, 0], [1, 2, 3]), moments([1, 2, 1], [2, 3, 4], [1, 2, 3])]
    [found] = linearised([(1.0, stacked(groups))], covariates=True)
    [alone] = linearised([(1.0, groups[1])], covariates=True)
    assert np.isnan(np.asarray(found.mean)).tolist() == np.isnan(np.asarray(found.variance)).tolist() == [True, False]
    assert numbers(found, 1) == numbers(alone, 0)


def test_a_constant_denominator_reduces_to_the_mean() -> None:
    found = moments([1, 4, 5, 7], [2, 2, 2, 2])
    assert ratio_variance(found) == pytest.approx(float(found.covariance("y", "y")) / 4 / 4, rel=ROUNDINGS)


@pytest.mark.parametrize("seed", range(20))
def test_a_numerator_that_is_a_multiple_of_the_denominator_has_no_variance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    part, whole = rng.integers(1, 1000, 2)
    units = rng.integers(1, 1000, 50)
    found = moments(part * units, whole * units)
    assert ratio_variance(found) == 0.0
    assert float(np.asarray(ratio_variance(stacked([found])))[0]) == 0.0


def test_a_ratio_that_hardly_varies_keeps_its_variance() -> None:
    units = np.random.default_rng(1).integers(1, 1000, 50)
    y = 300 * units
    y[0] += 1
    influence = (y - y.sum() / (7 * units).sum() * 7 * units) / (7 * units).mean()
    assert ratio_variance(moments(y, 7 * units)) == pytest.approx(np.var(influence, ddof=1) / 50, rel=0.01)


def numbers(summary: SampleSummary, place: int) -> list[float]:
    assert summary.covariates is not None
    found = [summary.n, summary.mean, summary.variance, *summary.covariates.means, *summary.covariates.with_outcome]
    return [float(np.atleast_1d(np.asarray(number))[place]) for number in found]


@given(seed=st.integers(0, 2**32 - 1), covariates=st.integers(1, 3))
def test_an_array_of_groups_has_the_bits_of_each_group_alone(seed: int, covariates: int) -> None:
    """Strata of weight 0 included."""
    rng = np.random.default_rng(seed)
    counted = [(8, 12), (8, 0), (0, 12)]

    def drawn(n: int) -> Moments:
        columns: Array = rng.integers(1, 10**6, (2 + covariates, n))
        return moments(columns[0], columns[1], columns[2:])

    groups = [[drawn(8), drawn(12)] for _ in counted]
    weights = unit_weights([as_exact(units) for units in zip(*counted, strict=True)])
    whole = [stacked(parts) for parts in zip(*groups, strict=True)]
    together = linearised(list(zip(weights, whole, strict=True)), covariates=True)
    varied = np.asarray(denominator_variation(list(zip(weights, whole, strict=True))))
    for place, (parts, units) in enumerate(zip(groups, counted, strict=True)):
        known = [i for i in (0, 1) if units[i]]
        own = list(zip(unit_weights([units[i] for i in known]), [parts[i] for i in known], strict=True))
        alone = linearised(own, covariates=True)
        assert [numbers(together[i], place) for i in known] == [numbers(one, 0) for one in alone]
        assert varied[place] == denominator_variation(own)
