from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.off_policy.policy_values import ips, snips
from impact_pipeline.stats.off_policy.value_intervals import IntervalName, ValueInterval, value_interval
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.off_policy.logs import two_actions


def interval(*given: object, **options: object) -> ValueInterval:
    found = value_interval(*given, **options)  # type: ignore[arg-type]
    assert isinstance(found, ValueInterval), found
    return found


def test_error_of_a_mean_is_that_of_least_squares_on_a_constant() -> None:
    log, _ = two_actions(np.random.default_rng(0), 500)
    found = ips(log.weights, log.reward)
    peer = sm.OLS(log.weights * log.reward, np.ones(500)).fit()
    own = interval(found.value, found.influence, 0.05)
    assert own.std_error == pytest.approx(float(peer.bse[0]))
    assert (own.lower, own.upper) == pytest.approx(tuple(peer.conf_int()[0]))
    assert own.p_value == pytest.approx(float(peer.pvalues[0]), abs=1e-12)


def test_error_of_a_ratio_is_that_of_weighted_least_squares_with_robust_errors() -> None:
    log, _ = two_actions(np.random.default_rng(1), 500)
    found = snips(log.weights, log.reward)
    peer = sm.WLS(log.reward, np.ones(500), weights=log.weights).fit(cov_type="HC1")
    assert found.value == pytest.approx(float(peer.params[0]))
    assert interval(found.value, found.influence, 0.05).std_error == pytest.approx(float(peer.bse[0]))


def test_clusters_of_any_size_have_the_errors_of_clustered_least_squares() -> None:
    rng = np.random.default_rng(2)
    cluster = np.sort(rng.integers(40, size=600))
    values = rng.normal(size=40)[cluster] + rng.normal(size=600)
    peer = sm.OLS(values, np.ones(600)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.Series(cluster), "use_correction": True}
    )
    own = interval(float(values.mean()), values - values.mean(), 0.05, cluster=cluster)
    assert own.std_error == pytest.approx(float(peer.bse[0]), rel=1e-9)
    assert own.degrees_of_freedom == 39


@pytest.mark.parametrize(("name", "clusters"), [("normal", None), ("normal", 60), ("empirical_bernstein", None)])
def test_intervals_cover_as_often_as_they_say(name: IntervalName, clusters: int | None) -> None:
    covered = []
    for seed in range(300):
        log, truth = two_actions(np.random.default_rng(seed), 600, clusters=clusters)
        value = snips(log.weights, log.reward)
        found = interval(value.value, value.influence, 0.05, cluster=log.cluster, name=name)
        covered.append(found.lower <= truth <= found.upper)
    least, most = (0.985, 1.0) if name == "empirical_bernstein" else (0.91, 0.98)
    assert least <= np.mean(covered) <= most


@pytest.mark.parametrize("name", ["normal", "empirical_bernstein"])
def test_p_is_alpha_where_the_interval_just_reaches_0(name: IntervalName) -> None:
    influence = np.random.default_rng(5).normal(size=200)
    influence -= influence.mean()
    half = interval(1.0, influence, 0.05, name=name).upper - 1
    assert interval(half, influence, 0.05, name=name).p_value == pytest.approx(0.05)


def test_one_decision_or_rewards_that_do_not_vary_are_refused() -> None:
    lone = value_interval(1.0, np.array([0.0]), 0.05)
    still = value_interval(1.0, np.zeros(9), 0.05)
    one_cluster = value_interval(1.0, np.ones(9), 0.05, cluster=np.zeros(9, dtype=np.intp))
    assert isinstance(lone, Refusal)
    assert isinstance(still, Refusal)
    assert isinstance(one_cluster, Refusal)
    assert (lone.reason, still.reason, one_cluster.reason) == ("too_few_units", "zero_variance", "too_few_units")
