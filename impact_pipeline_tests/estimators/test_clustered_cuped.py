from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.estimators.clustered_cuped import ClusteredCuped
from impact_pipeline.estimators.clustered_means import ClusteredMeans
from impact_pipeline.estimators.question import Question, two_arms
from impact_pipeline.stats.cluster_randomized import ClusteredMeans as MeansOfRows
from impact_pipeline.stats.cluster_randomized import clustered_means
from impact_pipeline.stats.cuped import pooled_slopes
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.stratified import StratumPair, summarise
from impact_pipeline_tests.small_studies import Array, moments

SAME_FORMULA = 1e-9
"""Both add up the same numbers in another order."""


def shops(seed: int, clusters: int = 16, effect: float = 3.0) -> tuple[Array, Array, Array, Array]:
    """Outcomes, covariates, cluster and arm of users in clusters that differ for good."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(5, 40, clusters))
    level = rng.normal(0, 6, clusters)[cluster]
    x = np.round(50 + level + rng.normal(0, 5, len(cluster))).astype(np.int64)
    treated = cluster % 2 == 1
    y = np.round(20 + 0.8 * x + effect * treated + rng.normal(0, 4, len(cluster))).astype(np.int64)
    return y, x, cluster, treated


def asked(y: Array, x: Array, cluster: Array, treated: Array) -> Question:
    def arm(chosen: bool) -> Moments:
        parts = []
        for one in np.unique(cluster):
            mine = (cluster == one) & (treated == chosen)
            parts.append(moments(y[mine], x=x[mine][None]) if mine.any() else moments([], x=[[]]))
        return _stacked(parts)

    return two_arms("mean", treatment=arm(True), control=arm(False), by_cluster=True)


def _stacked(parts: list[Moments]) -> Moments:
    def column(name: str) -> Array:
        found = [getattr(part, name) for part in parts]
        return as_exact([one[0] if one else 0 for one in found] if isinstance(found[0], tuple) else found)[None]

    n, y, yy = (column(name) for name in ("n", "y", "yy"))
    x, xx, xy = ((column(name),) for name in ("x", "xx", "xy"))
    zero = as_exact([0] * len(parts))[None]
    return Moments(n, y, yy, zero, zero, zero, x, xx, xy, (zero,))


def test_the_estimate_is_that_of_rows_less_the_units_slope() -> None:
    y, x, cluster, treated = shops(1)
    answer = ClusteredCuped().answer(asked(y, x, cluster, treated))
    arms = [moments(y[treated == arm], x=x[treated == arm][None]) for arm in (True, False)]
    [slope] = pooled_slopes([StratumPair(1.0, *(summarise(arm, covariates=True) for arm in arms))])
    expected = clustered_means(y - float(slope) * x, treated, cluster)
    assert isinstance(expected, MeansOfRows)
    assert float(answer.means.change[0]) == pytest.approx(expected.means.change, rel=SAME_FORMULA)  # type: ignore[index]
    assert float(answer.means.variance()[0]) == pytest.approx(expected.means.variance(), rel=SAME_FORMULA)  # type: ignore[index]


def test_what_clusters_were_like_before_is_taken_out() -> None:
    question = asked(*shops(2))
    with_x, without = (estimator.answer(question) for estimator in (ClusteredCuped(), ClusteredMeans()))
    assert with_x.variance_ratio is not None
    ratio = float(np.asarray(with_x.variance_ratio)[0])
    before, after = (float(np.asarray(answer.means.variance())[0]) for answer in (without, with_x))
    assert ratio == pytest.approx(after / before)
    assert ratio < 0.3


def test_intervals_hold_the_effect_and_are_narrower() -> None:
    """200 trials: 0.95 with a Monte-Carlo error of 0.015."""
    held = 0
    for seed in range(200):
        means = ClusteredCuped().answer(asked(*shops(100 + seed))).means
        found = difference(means, 0.05, 100.0)
        held += bool(np.asarray(found.lower)[0] <= 3 <= np.asarray(found.upper)[0])
    assert 0.90 <= held / 200 <= 0.99
