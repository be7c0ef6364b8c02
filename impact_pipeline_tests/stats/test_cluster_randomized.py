from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.cluster_randomized import ClusteredMeans, clustered_means
from impact_pipeline.stats.cluster_robust import ClusteredFit, clustered, covariance
from impact_pipeline.stats.intervals import difference, lift
from impact_pipeline_tests.stats.linear_models import Trial, cluster_trial, fitted, refused, with_mean

TRUE_EFFECT = 0.25


def means_of(trial: Trial, covariates: object = None) -> ClusteredMeans:
    found = clustered_means(trial.outcome, trial.treated, trial.clusters, covariates)  # type: ignore[arg-type]
    assert isinstance(found, ClusteredMeans), found
    return found


def test_one_row_for_each_cluster_is_the_problem_of_welch() -> None:
    rng = np.random.default_rng(1)
    outcome = rng.normal(size=14)
    treated = np.arange(14) < 6
    found = means_of(Trial(outcome, treated, np.arange(14)))
    reference = stats.ttest_ind(outcome[treated], outcome[~treated], equal_var=False)
    assert found.means.change == pytest.approx(outcome[treated].mean() - outcome[~treated].mean(), rel=1e-12)
    assert found.means.change / found.means.error()[0] == pytest.approx(reference.statistic, rel=1e-10)


def test_difference_error_and_degrees_of_freedom_are_those_of_the_regression() -> None:
    """The regression on a mean and the treatment, of Petersen's rows in unequal clusters, as in clubSandwich."""
    trial = cluster_trial(np.random.default_rng(4), 12)
    found = means_of(trial)
    rows = clustered(fitted(with_mean(trial.treated), trial.outcome), trial.clusters)
    assert isinstance(rows, ClusteredFit)
    assert found.means.change == pytest.approx(rows.fit.coefficients[1], rel=1e-10)
    assert found.means.variance() == pytest.approx(covariance(rows, "CR2")[1, 1], rel=1e-10)


def test_covariates_leave_means_at_their_average() -> None:
    rng = np.random.default_rng(7)
    trial = cluster_trial(rng, 16)
    age = rng.normal(40, 5, size=len(trial.outcome))
    outcome = 3 + 0.5 * age + 0.1 * trial.outcome + trial.treated
    found = means_of(Trial(outcome, trial.treated, trial.clusters), age)
    assert found.means.control == pytest.approx(3 + 0.5 * age.mean(), abs=0.1)
    assert found.means.change == pytest.approx(1, abs=0.1)
    assert found.means.variance() < means_of(Trial(outcome, trial.treated, trial.clusters)).means.variance()


def test_a_lift_can_be_read_from_the_means() -> None:
    trial = cluster_trial(np.random.default_rng(5), 20)
    found = means_of(Trial(10 + trial.outcome, trial.treated, trial.clusters)).means
    change = difference(found, 0.05, 20.0)
    relative = lift(found, change.critical_value)
    assert relative.value == pytest.approx(change.value / found.control)
    assert (relative.lower < 0 < relative.upper) == (change.p_value > 0.05)


@dataclass(frozen=True, slots=True)
class Simulated:
    clusters: int
    size: float
    coverage: float
    size_of_cr1: float
    size_by_row: float

    def __str__(self) -> str:
        rates = (self.size, self.coverage, self.size_of_cr1, self.size_by_row)
        return f"{self.clusters:>8}" + "".join(f"{rate:>13.3f}" for rate in rates)


def simulated(clusters: int, reps: int) -> Simulated:
    """Size (no effect) and coverage (an effect) of CR2 with Satterthwaite; CR1 with G - 1 df and Welch beside it."""
    rng = np.random.default_rng(clusters)
    hits = np.zeros(4)
    for _ in range(reps):
        trial = cluster_trial(rng, clusters)
        found = difference(means_of(trial).means, 0.05, float(clusters))
        moved = difference(means_of(cluster_trial(rng, clusters, TRUE_EFFECT)).means, 0.05, float(clusters))
        rows = clustered(fitted(with_mean(trial.treated), trial.outcome), trial.clusters)
        assert isinstance(rows, ClusteredFit)
        t = rows.fit.coefficients[1] / covariance(rows, "CR1")[1, 1] ** 0.5
        naive = stats.ttest_ind(trial.outcome[trial.treated], trial.outcome[~trial.treated], equal_var=False).pvalue
        rejected = 2 * stats.t.sf(abs(t), clusters - 1) < 0.05
        hits += [found.p_value < 0.05, moved.lower <= TRUE_EFFECT <= moved.upper, rejected, naive < 0.05]
    return Simulated(clusters, *(hits / reps))


def shown(rows: list[Simulated]) -> str:
    header = "clusters     size, CR2     coverage    size, CR1  size by row"
    return "\n".join([header, *map(str, rows)])


def test_size_and_coverage_with_few_unequal_clusters(capsys: pytest.CaptureFixture[str]) -> None:
    """400 trials each: the bounds are three standard errors, sqrt(.05 x .95 / 400) = .011."""
    rows = [simulated(clusters, 400) for clusters in (6, 10)]
    with capsys.disabled():
        print("\n" + shown(rows))  # noqa: T201
    for row in rows:
        assert abs(row.size - 0.05) < 3 * 0.011
        assert abs(row.coverage - 0.95) < 3 * 0.011
        assert row.size_of_cr1 > row.size
    assert rows[0].size_of_cr1 > 0.08
    assert rows[0].size_by_row > 0.2


@pytest.mark.slow
def test_size_and_coverage_with_few_unequal_clusters_at_length(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [simulated(clusters, 2000) for clusters in (6, 10, 20, 40)]
    with capsys.disabled():
        print("\n" + shown(rows))  # noqa: T201
    for row in rows:
        assert abs(row.size - 0.05) < 0.018
        assert abs(row.coverage - 0.95) < 0.018
        assert row.size_of_cr1 > row.size


def test_few_clusters_carry_a_warning() -> None:
    few = means_of(cluster_trial(np.random.default_rng(2), 6))
    assert few.notes[0] == "only 3 clusters in treatment and 3 in control; 5 or more in each are advised"
    assert few.notes[1].endswith("degrees of freedom: the interval is rough, the wild bootstrap a second opinion")
    assert means_of(cluster_trial(np.random.default_rng(2), 20)).notes == ()


def test_an_arm_with_one_cluster_is_refused() -> None:
    trial = cluster_trial(np.random.default_rng(2), 6)
    found = refused(clustered_means(trial.outcome, trial.clusters == 0, trial.clusters))
    assert found.reason == "too_few_clusters"
    assert found.detail == "'treatment' has 1 cluster; its error needs at least 2"


def test_an_arm_without_clusters_is_refused() -> None:
    trial = cluster_trial(np.random.default_rng(2), 6)
    found = refused(clustered_means(trial.outcome, trial.clusters >= 0, trial.clusters))
    assert (found.reason, found.detail) == ("empty_arm", "'control' has 0 clusters; its error needs at least 2")


def test_a_cluster_with_both_arms_is_refused() -> None:
    found = refused(clustered_means(np.arange(6.0), [1, 1, 0, 0, 0, 1], ["a", "a", "b", "b", "c", "c"]))
    assert (found.reason, found.detail) == (
        "mixed_clusters",
        "clusters with both arms: 1, such as 'c'; give each one arm",
    )


def test_a_constant_outcome_is_refused() -> None:
    trial = cluster_trial(np.random.default_rng(2), 6)
    found = refused(clustered_means(np.full(len(trial.clusters), 3.0), trial.treated, trial.clusters))
    assert found.reason == "zero_variance"


def test_clusters_that_do_not_vary_are_refused() -> None:
    found = refused(clustered_means([1, 3, 0, 4, 2, 4, 1, 5], np.repeat([0, 1], 4), np.repeat([1, 2, 3, 4], 2)))
    assert (found.reason, found.detail) == (
        "zero_variance",
        "errors cancel within every cluster: clusters do not vary",
    )


def test_covariates_that_leave_the_effect_to_one_cluster_are_refused() -> None:
    trial = cluster_trial(np.random.default_rng(2), 6)
    of_treated = np.unique(trial.clusters[trial.treated])[:2]
    effects = (trial.clusters[:, None] == of_treated).astype(float)
    found = refused(clustered_means(trial.outcome, trial.treated, trial.clusters, effects))
    assert found.reason == "too_few_clusters"
    assert found.detail == "one cluster alone determines the effect; no other tells its error"


def test_a_covariate_that_is_the_treatment_is_refused_by_name() -> None:
    trial = cluster_trial(np.random.default_rng(2), 6)
    found = refused(clustered_means(trial.outcome, trial.treated, trial.clusters, trial.treated, names=["exposed"]))
    assert found.reason == "collinear"
    assert "'exposed'" in found.detail
