from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.stats.off_policy.off_policy_fit import MODELLED, OffPolicyFit, OffPolicyModel, off_policy_fit
from impact_pipeline.stats.off_policy.value_intervals import ValueInterval, value_interval
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline_tests.stats.off_policy.logs import open_bandit, two_actions


def fitted(log: LoggedDecisions, model: OffPolicyModel | None = None) -> OffPolicyFit:
    found = off_policy_fit(log, model or OffPolicyModel(), np.random.default_rng(0))
    assert isinstance(found, OffPolicyFit), found
    return found


def test_every_method_finds_the_planted_value() -> None:
    log, truth = two_actions(np.random.default_rng(1), 8000)
    found = fitted(log)
    for name in ("ips", "snips", *MODELLED):
        assert found.values[name].value == pytest.approx(truth, abs=0.1), name  # type: ignore[index]
    assert found.difference("snips").value == pytest.approx(truth - log.reward.mean(), abs=0.1)


def test_the_uniform_policys_own_log_lies_within_three_errors_of_its_value_from_the_other_log() -> None:
    """Saito et al. (2021): the truth is .0038."""
    found = fitted(open_bandit("bts")).values["ips"]
    own = value_interval(found.value, found.influence, 0.05)
    assert isinstance(own, ValueInterval)
    assert abs(found.value - 0.0038) / own.std_error < 3


def test_clipping_bounds_weights_and_is_counted() -> None:
    log, _ = two_actions(np.random.default_rng(2), 2000)
    found = fitted(log, OffPolicyModel(clip=1.2))
    assert found.weights.max() == 1.2
    assert found.raw.largest > 1.2
    assert found.clipped_share == pytest.approx(float(np.mean(log.weights > 1.2)))


def test_without_the_targets_chances_of_all_actions_there_is_no_modelled_value() -> None:
    log, _ = two_actions(np.random.default_rng(3), 200)
    assert set(fitted(replace(log, target_policy=None)).values) == {"ips", "snips"}


@pytest.mark.parametrize("estimator", ["ips", "snips", *MODELLED])
def test_bias_is_within_three_errors_and_intervals_cover(estimator: str) -> None:
    """`direct` keeps the bias of its model's shrinkage."""
    gaps, covered = [], []
    for seed in range(150):
        log, truth = two_actions(np.random.default_rng(seed), 600)
        found = fitted(log).values[estimator]  # type: ignore[index]
        interval = value_interval(found.value, found.influence, 0.05)
        assert isinstance(interval, ValueInterval)
        gaps.append(found.value - truth)
        covered.append(interval.lower <= truth <= interval.upper)
    if estimator != "direct":
        assert abs(np.mean(gaps)) < 3 * np.std(gaps) / 150**0.5
    assert np.mean(covered) > 0.9


def refused(log: LoggedDecisions) -> Refusal:
    found = off_policy_fit(log, OffPolicyModel(), np.random.default_rng(0))
    assert isinstance(found, Refusal)
    return found


def test_logs_that_tell_nothing_are_refused() -> None:
    log, _ = two_actions(np.random.default_rng(4), 50)
    few = replace(
        log, action=log.action[:3], reward=log.reward[:3], propensity=log.propensity[:3], target=log.target[:3],
        target_policy=np.full((3, 2), 0.5), context={},
    )  # fmt: skip
    assert refused(few).detail == "3 decisions were logged; 5 are the least"
    assert refused(replace(log, reward=np.ones(50))).detail == "all 50 rewards are 1"
    assert refused(replace(log, reward=np.where(np.arange(50) < 2, np.nan, log.reward))).reason == "measure_undefined"
    zero = refused(replace(log, propensity=np.where(np.arange(50) < 2, 0.0, log.propensity)))
    assert (zero.reason, zero.detail[:41]) == ("no_support", "2 of 50 propensities are not in (0, 1]: l")
    assert "chances of the target policy are not in [0, 1]" in refused(replace(log, target=log.target * 3)).detail
    assert refused(replace(log, target=np.zeros(50))).reason == "no_support"
    assert "do not add up to 1" in refused(replace(log, target_policy=np.full((50, 2), 0.6))).detail
