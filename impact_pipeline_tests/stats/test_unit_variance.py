from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.delta_method import ratio_variance
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.unit_variance import (
    cuped_variance,
    design_effect,
    implied_unit_variance,
    proportion_variance,
    quantile_variance,
    ratio_unit_variance,
)  # fmt: skip

ROUNDING = 1e-12
"""The same formula in double arithmetic, in another order."""


def test_variance_of_a_share_is_that_of_its_zeros_and_ones() -> None:
    found = proportion_variance(np.array([0.0, 0.3, 1.0]))
    assert found == pytest.approx([0.0, np.var([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), 0.0])


def test_variance_of_a_ratio_is_that_of_the_delta_method_times_the_units() -> None:
    y, d = np.array([3, 1, 4, 1, 5, 9]), np.array([2, 7, 1, 8, 2, 8])
    sums = Moments(6, int(y.sum()), int(y @ y), int(d.sum()), int(d @ d), int(y @ d))
    covariances = np.cov(y, d)
    found = ratio_unit_variance(
        float(y.mean()), float(d.mean()), *(float(covariances[i, j]) for i, j in ((0, 0), (1, 1), (0, 1)))
    )
    assert found == pytest.approx(6 * float(ratio_variance(sums)), rel=ROUNDING)


def test_variance_of_a_median_of_exponentials() -> None:
    """The density at the median ln 2 is 1/2, so 4 p (1 - p) = 1."""
    medians = np.median(np.random.default_rng(1).exponential(size=(4000, 401)), axis=1)
    planned = quantile_variance(proportion_variance(0.5), 0.5)
    assert planned == 1.0
    assert 401 * medians.var(ddof=1) == pytest.approx(planned, rel=0.08)


def test_variance_after_cuped_is_that_of_the_residuals() -> None:
    rng = np.random.default_rng(2)
    x = rng.gamma(2.0, size=500)
    y = 3 * x + rng.standard_normal(500)
    residuals = y - np.polyval(np.polyfit(x, y, 1), x)
    correlation = float(np.corrcoef(x, y)[0, 1])
    assert cuped_variance(float(y.var()), correlation) == pytest.approx(residuals.var(), rel=ROUNDING)


@pytest.mark.parametrize("sizes", [(10, 10), (2, 18), (5, 8, 20)])
def test_design_effect_is_the_variance_of_clusters_sums_over_that_of_single_units(sizes: tuple[int, ...]) -> None:
    """A cluster of m units of variance s2 sums to one of variance `s2 m (1 + (m - 1) ICC)`; its size varies too."""
    m, s2, icc, mean = np.array(sizes, dtype=float), 3.0, 0.2, 7.0
    of_sums = float(np.mean(s2 * m * (1 + (m - 1) * icc)) + mean**2 * m.var())
    per_cluster = ratio_unit_variance(
        mean * float(m.mean()), float(m.mean()), of_sums, float(m.var()), mean * float(m.var())
    )
    found = design_effect(float(m.mean()), icc, float(m.std() / m.mean()))
    assert s2 * found == pytest.approx(m.mean() * per_cluster, rel=1e-10)


def test_clusters_of_one_or_without_correlation_cost_nothing() -> None:
    assert design_effect(1.0, 0.3) == 1.0
    assert design_effect(50.0, 0.0, 1.2) == 1.0


def test_a_standard_error_of_history_implies_the_variance_of_its_units() -> None:
    y = np.array([2.0, 4.0, 9.0, 1.0])
    assert implied_unit_variance(float(y.std(ddof=1)) / 2, 4.0) == pytest.approx(y.var(ddof=1), rel=ROUNDING)
