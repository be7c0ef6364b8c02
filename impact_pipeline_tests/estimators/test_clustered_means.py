from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Estimate, NotEstimable, Reason, Result
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.stats.cluster_randomized import ClusteredMeans, clustered_means
from impact_pipeline.stats.moments import merged
from impact_pipeline_tests.small_studies import (
    START,
    Group,
    cells,
    mean_metric,
    moments,
    proportion_metric,
    quantile_metric,
    ratio_metric,
    study,
)

STORES = {
    "type": "cluster_randomized", "cluster": "store", "arms": {"control": 0.5, "treatment": 0.5}, "control": "control",
}  # fmt: skip
NEXT = START + timedelta(days=1)
SAME_FORMULA = 1e-9
"""Both add up the same numbers in another order."""

Store = tuple[str, str, Sequence[int]]
"""Its name, its arm and the outcomes of its users."""


def stores(*given: Store, day: date = START, metric: str = "orders") -> list[Group]:
    """Cells of each store, and of all users of an arm."""
    apart = [Group(arm, {metric: moments(y)}, day, (CLUSTER, name)) for name, arm, y in given]
    arms = dict.fromkeys(arm for _, arm, _ in given)
    whole = [
        Group(arm, {metric: merged([g.metrics[metric] for g in apart if g.arm == arm])}, day, ALL_UNITS) for arm in arms
    ]
    return [*whole, *apart]


def of_stores(metric: Metric | None = None, days: int = 1) -> Study:
    return study(metric or mean_metric(), design=STORES, days=days)


def estimated(found: Study, measured: Cells, as_of: date = NEXT) -> StudyEstimates:
    return estimate_study(found, measured, as_of, final=True, plan_digest="sha256:1")


def only(found: StudyEstimates) -> Result:
    [result] = found.results
    return result


SIX: tuple[Store, ...] = (
    ("a", "control", [1, 2, 3]), ("b", "control", [2, 2]), ("c", "control", [4, 3, 5, 4]),
    ("d", "treatment", [5, 6]), ("e", "treatment", [4, 4, 4, 7]), ("f", "treatment", [8, 6, 6]),
)  # fmt: skip


def on_rows(*given: Store) -> ClusteredMeans:
    y = np.concatenate([values for _, _, values in given])
    names = np.concatenate([[name] * len(values) for name, _, values in given])
    treated = np.concatenate([[arm == "treatment"] * len(values) for _, arm, values in given])
    found = clustered_means(y, treated, names)
    assert isinstance(found, ClusteredMeans)
    return found


def test_the_estimate_is_that_of_the_rows() -> None:
    result, expected = only(estimated(of_stores(), cells(*stores(*SIX)))), on_rows(*SIX).means
    assert isinstance(result, Estimate)
    assert result.method == "clustered_means"
    assert result.value == pytest.approx(expected.change, rel=SAME_FORMULA)
    assert result.std_error == pytest.approx(expected.error()[0], rel=SAME_FORMULA)
    assert result.degrees_of_freedom == pytest.approx(expected.error()[1], rel=SAME_FORMULA)
    assert result.n_per_arm == {"control": 9, "treatment": 9}


def test_few_clusters_are_noted_and_cost_the_grade() -> None:
    result = only(estimated(of_stores(), cells(*stores(*SIX))))
    assert isinstance(result, Estimate)
    assert result.grade == "B"
    assert result.notes[0] == "only 3 clusters in treatment and 3 in control; 5 or more in each are advised"


def test_enough_clusters_are_clean() -> None:
    rng = np.random.default_rng(2)
    many = [(f"s{i:02}", ("control", "treatment")[i % 2], rng.poisson(5, 20).tolist()) for i in range(16)]
    result = only(estimated(of_stores(), cells(*stores(*many))))
    assert isinstance(result, Estimate)
    assert (result.grade, result.notes) == ("A", ())


def test_cohorts_of_a_cluster_are_one_cluster() -> None:
    first = stores(*((name, arm, y[:1]) for name, arm, y in SIX))
    second = stores(*((name, arm, y[1:]) for name, arm, y in SIX), day=NEXT)
    found = estimated(of_stores(days=2), cells(*first, *second))
    result = only(found)
    assert isinstance(result, Estimate)
    assert result.std_error == pytest.approx(on_rows(*SIX).means.error()[0], rel=SAME_FORMULA)
    assert [point.as_of for point in found.trajectory] == [START, NEXT]
    assert found.trajectory[-1].interval.lower == pytest.approx(result.interval.lower)
    early = on_rows(*((name, arm, y[:1]) for name, arm, y in SIX)).means
    assert found.trajectory[0].value == pytest.approx(early.change)


def test_clusters_are_no_segment_of_the_report() -> None:
    assert [result.segment for result in estimated(of_stores(), cells(*stores(*SIX))).results] == [ALL_UNITS]


@pytest.mark.parametrize(
    ("given", "reason", "detail"),
    [
        (SIX[:4], Reason.TOO_FEW_CLUSTERS, "'treatment' has 1 cluster; its error needs at least 2"),
        (SIX[2:], Reason.TOO_FEW_CLUSTERS, "'control' has 1 cluster; its error needs at least 2"),
        (SIX[:3], Reason.EMPTY_ARM, "no unit was exposed to 'treatment'"),
        (
            (*SIX, ("a", "treatment", [3, 4])), Reason.MIXED_CLUSTERS,
            "1 cluster holds units of both 'treatment' and 'control'; a cluster has one arm: find out how they were"
            " logged",
        ),
    ],
)  # fmt: skip
def test_clusters_that_cannot_be_compared_are_refused(given: tuple[Store, ...], reason: Reason, detail: str) -> None:
    result = only(estimated(of_stores(), cells(*stores(*given))))
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.detail) == (reason, detail)


def test_cells_without_clusters_are_refused() -> None:
    whole = [group for group in stores(*SIX) if group.segment == ALL_UNITS]
    result = only(estimated(of_stores(), cells(*whole)))
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.detail) == (
        Reason.TOO_FEW_CLUSTERS,
        "'control' has 0 clusters; its error needs at least 2",
    )


def test_clusters_of_one_mean_have_no_uncertainty() -> None:
    flat = tuple((name, arm, [3, 3]) for name, arm, _ in SIX)
    result = only(estimated(of_stores(), cells(*stores(*flat))))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.ZERO_VARIANCE


def test_shares_and_ratios_are_read_by_cluster_too() -> None:
    shares = tuple((name, arm, [int(value > 3) for value in y]) for name, arm, y in SIX)
    result = only(estimated(of_stores(proportion_metric()), cells(*stores(*shares, metric="buyers"))))
    assert isinstance(result, Estimate)
    assert result.std_error == pytest.approx(on_rows(*shares).means.error()[0], rel=SAME_FORMULA)
    apart = [Group(arm, {"click_rate": moments(y, [9] * len(y))}, segment=(CLUSTER, name)) for name, arm, y in SIX]
    whole = [
        Group(arm, {"click_rate": merged([g.metrics["click_rate"] for g in apart if g.arm == arm])})
        for arm in ("control", "treatment")
    ]
    rate = only(estimated(of_stores(ratio_metric()), cells(*whole, *apart)))
    assert isinstance(rate, Estimate)
    assert rate.value == pytest.approx(on_rows(*SIX).means.change / 9)
    assert rate.std_error == pytest.approx(on_rows(*SIX).means.error()[0] / 9)


def test_a_denominator_near_zero_is_refused() -> None:
    apart = [Group(arm, {"click_rate": moments(y, [0] * len(y))}, segment=(CLUSTER, name)) for name, arm, y in SIX]
    whole = [
        Group(arm, {"click_rate": merged([g.metrics["click_rate"] for g in apart if g.arm == arm])})
        for arm in ("control", "treatment")
    ]
    result = only(estimated(of_stores(ratio_metric()), cells(*whole, *apart)))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.DENOMINATOR_NEAR_ZERO


def test_a_quantile_by_cluster_has_no_estimator() -> None:
    result = only(estimated(of_stores(quantile_metric("orders")), cells(*stores(*SIX))))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NO_ESTIMATOR
    assert result.detail == "no estimator takes a quantile metric under a cluster_randomized design"


def _false_alarms(trials: int, clusters: int, seed: int) -> float:
    """Share of looks at equal arms, of clusters that differ for good, in which the interval leaves out 0."""
    rng, found, alarms = np.random.default_rng(seed), of_stores(), 0
    for _ in range(trials):
        level = rng.gamma(4, 2, clusters)
        given = [
            (f"s{i:02}", ("control", "treatment")[i % 2], rng.poisson(level[i], rng.integers(5, 30)).tolist())
            for i in range(clusters)
        ]
        result = only(estimated(found, cells(*stores(*given))))
        assert isinstance(result, Estimate)
        alarms += result.p_value < 0.05
    return alarms / trials


def test_size_is_kept_through_the_whole_look() -> None:
    """300 trials: 0.05 with a Monte-Carlo error of 0.013."""
    assert 0.015 <= _false_alarms(300, 14, 1) <= 0.09


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [10, 20, 40])
def test_size_over_many_looks(clusters: int) -> None:
    """3000 trials: Monte-Carlo error 0.004."""
    assert _false_alarms(3000, clusters, clusters) == pytest.approx(0.05, abs=0.016)
