"""Errors by cluster from sums: against the regression on rows, and against CR2 written out in dense matrices."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from impact_pipeline.stats.cluster_randomized import ClusteredMeans, clustered_means
from impact_pipeline.stats.cluster_totals import ClusterTotals, clustered_difference, totals_of
from impact_pipeline.stats.delta_method import linearised
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, as_exact, merged
from impact_pipeline_tests.small_studies import Array, moments

SAME_FORMULA = 1e-9
"""Both add up the same numbers in another order."""


@dataclass(frozen=True)
class Rows:
    """Integer outcomes, denominators and covariates of units in clusters of unequal sizes; the first are treated."""

    y: Array
    d: Array
    x: Array
    cluster: NDArray[np.int64]
    treated: NDArray[np.bool_]


def rows(seed: int, clusters: int = 11, effect: int = 2, between: float = 3.0) -> Rows:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 30, clusters)
    cluster = np.repeat(np.arange(clusters), sizes)
    level = rng.normal(0, between, clusters)[cluster]
    treated = cluster < clusters // 2
    x = np.round(rng.normal(20, 4, len(cluster)) + level).astype(np.int64)
    y = np.round(10 + 0.5 * x + level + effect * treated + rng.normal(0, 3, len(cluster))).astype(np.int64)
    return Rows(y, rng.integers(1, 9, len(cluster)), x, cluster, treated)


def totals(found: Rows, arm: bool, *, ratio: bool = False) -> ClusterTotals:
    return totals_of(stacked(found, arm), ratio=ratio, covariates=True)


def stacked(found: Rows, arm: bool) -> Moments:
    mine = [(found.cluster == c) & (found.treated == arm) for c in np.unique(found.cluster)]
    parts = [moments(found.y[m], found.d[m], found.x[m][None]) for m in mine if m.any()]
    columns = zip(*(part.sums for part in parts), strict=True)
    sums = [(as_exact([one[0] for one in c]),) if isinstance(c[0], tuple) else as_exact(c) for c in columns]
    n, y, yy, d, dd, yd, x, xx, xy, xd = sums
    return Moments(n, y, yy, d, dd, yd, x, xx, xy, xd)  # type: ignore[arg-type]


def dense_cr2(design: Array, residuals: Array, cluster: Array, contrast: Array) -> tuple[float, float]:
    """Variance and Satterthwaite's degrees of freedom, with every matrix written out."""
    bread = np.linalg.inv(design.T @ design)
    hat = design @ bread @ design.T
    everyone = np.eye(len(design)) - hat
    variance, projections = 0.0, []
    for one in np.unique(cluster):
        mine = cluster == one
        values, vectors = np.linalg.eigh(np.eye(mine.sum()) - hat[np.ix_(mine, mine)])
        adjustment = vectors @ np.diag(values**-0.5) @ vectors.T
        weights = adjustment @ design[mine] @ bread @ contrast
        variance += float(weights @ residuals[mine]) ** 2
        projections.append(everyone[:, mine] @ weights)
    gram = np.array(projections) @ np.array(projections).T
    return variance, float(np.trace(gram) ** 2 / np.sum(gram**2))


@pytest.mark.parametrize("seed", range(4))
def test_the_error_is_that_of_the_regression_on_rows(seed: int) -> None:
    found = rows(seed)
    means = clustered_difference(totals(found, True), totals(found, False), [0.0])
    expected = clustered_means(found.y, found.treated, found.cluster)
    assert isinstance(expected, ClusteredMeans)
    assert means.treatment == pytest.approx(expected.means.treatment, rel=SAME_FORMULA)
    assert means.control == pytest.approx(expected.means.control, rel=SAME_FORMULA)
    for multiple in (1.0, 0.7):
        assert means.variance(multiple) == pytest.approx(expected.means.variance(multiple), rel=SAME_FORMULA)
    assert means.error()[1] == pytest.approx(expected.means.error()[1], rel=SAME_FORMULA)


def test_the_error_is_that_of_dense_matrices() -> None:
    found = rows(7)
    design = np.column_stack([found.treated, ~found.treated]).astype(float)
    fitted = design @ np.linalg.lstsq(design, found.y, rcond=None)[0]
    variance, degrees = dense_cr2(design, found.y - fitted, found.cluster, np.array([1.0, -1.0]))
    error, found_degrees = clustered_difference(totals(found, True), totals(found, False), [0.0]).error()
    assert error**2 == pytest.approx(variance, rel=SAME_FORMULA)
    assert found_degrees == pytest.approx(degrees, rel=SAME_FORMULA)


def test_adjusted_means_have_the_error_of_what_the_slope_leaves() -> None:
    found, slope = rows(3), 0.4
    adjusted = clustered_difference(totals(found, True), totals(found, False), [slope])
    left = found.y - slope * found.x
    expected = clustered_means(left, found.treated, found.cluster)
    assert isinstance(expected, ClusteredMeans)
    assert adjusted.change == pytest.approx(expected.means.change, rel=SAME_FORMULA)
    assert adjusted.variance() == pytest.approx(expected.means.variance(), rel=SAME_FORMULA)
    for arm, mean in ((True, adjusted.treatment), (False, adjusted.control)):
        own = found.treated == arm
        assert mean == pytest.approx(found.y[own].mean() - slope * (found.x[own].mean() - found.x.mean()))


def test_a_ratio_is_made_linear_around_its_own_arm() -> None:
    found = rows(4)
    means = clustered_difference(totals(found, True, ratio=True), totals(found, False, ratio=True), [0.0])
    linear = np.empty(len(found.y))
    for arm in (True, False):
        own = found.treated == arm
        [summary] = linearised([(1.0, moments(found.y[own], found.d[own]))])
        linear[own] = summary.mean + (found.y[own] - summary.mean * found.d[own]) / found.d[own].mean()
    expected = clustered_means(linear, found.treated, found.cluster)
    assert isinstance(expected, ClusteredMeans)
    assert means.change == pytest.approx(expected.means.change, rel=SAME_FORMULA)
    assert means.variance() == pytest.approx(expected.means.variance(), rel=SAME_FORMULA)


def test_many_groups_are_read_at_once_as_one_by_one() -> None:
    first, second = stacked(rows(1), True), stacked(rows(2), True)
    size = min(len(first.n), len(second.n))  # type: ignore[arg-type]
    both = [part.each(lambda sums: sums[:size]) for part in (first, second)]
    at_once = totals_of(merged([part.each(partial(_row, place=i)) for i, part in enumerate(both)]))
    for place, part in enumerate(both):
        alone = totals_of(part)
        np.testing.assert_array_equal(at_once.outcome[place], alone.outcome)
        assert at_once.shares[place].tolist() == alone.shares.tolist()


def _row(sums: Array, place: int) -> Array:
    found = as_exact(np.zeros((2, len(sums)), dtype=object))
    found[place] = sums
    return found


def test_clusters_without_units_take_no_part() -> None:
    found = rows(5)
    whole = stacked(found, True)
    padded = whole.each(lambda sums: np.concatenate([sums, as_exact([0, 0])]))
    control = totals(found, False)
    plain, more = (clustered_difference(totals_of(m, covariates=True), control, [0.3]) for m in (whole, padded))
    assert plain.variance() == more.variance()
    assert totals_of(padded).count == totals_of(whole).count


def _coverage(trials: int, clusters: int) -> tuple[float, float]:
    """Share of 95 % intervals that hold the true effect of 2: by cluster, and as if units were independent."""
    held = np.zeros(2)
    for seed in range(trials):
        found = rows(10_000 + seed, clusters)
        treatment, control = totals(found, True), totals(found, False)
        by_cluster = difference(clustered_difference(treatment, control, [0.5]), 0.05, 100.0)
        held[0] += by_cluster.lower <= 2 <= by_cluster.upper
        alone = (found.y - 0.5 * found.x)[found.treated], (found.y - 0.5 * found.x)[~found.treated]
        error = np.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in alone))
        held[1] += abs(alone[0].mean() - alone[1].mean() - 2) <= 1.96 * error
    return float(held[0] / trials), float(held[1] / trials)


def test_intervals_hold_the_truth_though_clusters_are_few() -> None:
    by_cluster, by_unit = _coverage(300, 12)
    assert 0.90 <= by_cluster <= 0.985
    assert by_unit < 0.75


@pytest.mark.slow
def test_coverage_by_number_of_clusters(capsys: pytest.CaptureFixture[str]) -> None:
    found = {clusters: _coverage(3000, clusters) for clusters in (6, 10, 20, 40)}
    with capsys.disabled():
        sys.stdout.write("\nclusters  by cluster  by unit\n")
        for clusters, (by_cluster, by_unit) in found.items():
            sys.stdout.write(f"{clusters:8}  {by_cluster:10.3f}  {by_unit:7.3f}\n")
    for clusters, (by_cluster, _) in found.items():
        assert abs(by_cluster - 0.95) < (0.035 if clusters < 10 else 0.02)
