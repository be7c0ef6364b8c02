from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.anova import anova_lm

from impact_pipeline.stats.intra_cluster import Array, ClusterSpread, cluster_spread
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.unit_variance import design_effect

SAME_FORMULA = 1e-10
"""The sums of squares of a least-squares fit, added up in another order."""

CHANCE = 4.0
"""Standard errors of a mean over simulated studies: 1 in 16,000 by chance."""


def spread_of(values: Array, clusters: Array) -> ClusterSpread:
    names = np.unique(clusters)
    groups = [values[clusters == name] for name in names]
    sizes = np.array([float(len(group)) for group in groups])
    means = np.array([group.mean() for group in groups])
    squares = np.array([((group - group.mean()) ** 2).sum() for group in groups])
    found = cluster_spread(sizes, means, squares)
    assert isinstance(found, ClusterSpread)
    return found


def drawn(rng: np.random.Generator, clusters: int, icc: float) -> tuple[Array, Array]:
    sizes = 2 + rng.poisson(18, clusters)
    own = np.repeat(sqrt(icc) * rng.standard_normal(clusters), sizes)
    return own + sqrt(1 - icc) * rng.standard_normal(len(own)), np.repeat(np.arange(float(clusters)), sizes)


def test_cluster_spread_has_the_mean_squares_of_an_analysis_of_variance() -> None:
    values, clusters = drawn(np.random.default_rng(3), 12, 0.2)
    fit = sm.OLS.from_formula("y ~ C(g)", pd.DataFrame({"y": values, "g": clusters})).fit()
    table = anova_lm(fit)
    within, apart = table["mean_sq"]["Residual"], table["mean_sq"]["C(g)"]
    sizes = np.bincount(clusters.astype(int))
    n0 = (len(values) - (sizes**2).sum() / len(values)) / 11
    found = spread_of(values, clusters)
    assert found.within == pytest.approx(within, rel=SAME_FORMULA)
    assert found.between == pytest.approx((apart - within) / n0, rel=SAME_FORMULA)
    assert (found.clusters, found.mean_size) == (12, len(values) / 12)
    assert found.cv_of_sizes == pytest.approx(sizes.std() / sizes.mean())


def test_cluster_spread_finds_the_planted_correlation() -> None:
    rng = np.random.default_rng(5)
    found = np.array([spread_of(*drawn(rng, 60, 0.1)).icc for _ in range(300)])
    assert abs(found.mean() - 0.1) < CHANCE * found.std() / sqrt(len(found)) + 0.002


def test_the_design_effect_is_that_of_the_mean_of_clusters() -> None:
    rng = np.random.default_rng(8)
    means, planned = [], []
    for _ in range(400):
        values, names = drawn(rng, 40, 0.15)
        spread = spread_of(values, names)
        means.append(values.mean())
        effect = design_effect(spread.mean_size, spread.icc, spread.cv_of_sizes)
        planned.append(spread.variance * effect / len(values))
    assert np.mean(planned) == pytest.approx(np.var(means), rel=CHANCE * sqrt(2 / 400))


def test_clusters_that_differ_no_more_than_chance_have_no_correlation() -> None:
    found = cluster_spread(np.array([2.0, 2.0]), np.array([1.0, 1.0]), np.array([2.0, 2.0]))
    assert isinstance(found, ClusterSpread)
    assert (found.between, found.icc, found.variance) == (0.0, 0.0, 2.0)


def test_a_constant_outcome_has_no_correlation() -> None:
    found = cluster_spread(np.array([2.0, 3.0]), np.array([1.0, 1.0]), np.zeros(2))
    assert isinstance(found, ClusterSpread)
    assert found.icc == 0.0


def test_cluster_spread_refuses_fewer_than_two_clusters_and_clusters_of_one_unit() -> None:
    one = cluster_spread(np.array([5.0, 0.0]), np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    assert one == NoPlan("history has 1 cluster; two are the fewest that differ")
    single = cluster_spread(np.ones(4), np.arange(4.0), np.zeros(4))
    assert single == NoPlan("each of the 4 clusters of history has one unit: they are no clusters")
