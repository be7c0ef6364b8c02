from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from impact_pipeline.stats.off_policy import reward_models
from impact_pipeline.stats.off_policy.reward_models import RewardModelName, context_columns, expected_rewards
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline_tests.stats.off_policy.logs import open_bandit, two_actions


def policy(log: LoggedDecisions) -> np.ndarray:
    assert log.target_policy is not None
    return log.target_policy


@pytest.mark.parametrize("model", get_args(RewardModelName))
def test_models_learn_what_actions_earn_in_their_contexts(model: RewardModelName) -> None:
    rng = np.random.default_rng(0)
    log, _ = two_actions(rng, 3000)
    chance = 1 / (1 + np.exp(-(log.context["x"] + 1.5 * log.action - 1)))
    if model != "ridge":
        log = replace(log, reward=(rng.random(3000) < chance).astype(np.float64))
    found = expected_rewards(log, policy(log), model, 4, rng)
    truth = 1 + log.context["x"] + 2 * log.action if model == "ridge" else chance
    assert np.corrcoef(found.predicted, truth)[0, 1] > 0.9
    assert float(found.modelled.mean()) == pytest.approx(
        2.6 if model == "ridge" else float(np.mean(0.8 / (1 + np.exp(-log.context["x"] - 0.5)) + 0.2 * _low(log))),
        abs=0.08,
    )


def _low(log: LoggedDecisions) -> np.ndarray:
    return 1 / (1 + np.exp(1 - log.context["x"]))


def test_ridge_and_logistic_of_each_action_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    x, action = rng.normal(size=(400, 2)), rng.integers(2, size=400)
    reward = (rng.random(400) < 0.5).astype(np.float64)
    one = np.column_stack([np.ones(400), x])
    moments = reward_models._moments(one, np.ones(400), reward - reward.mean(), action, 2)
    slopes = reward_models._solved(*moments, 7.0)
    own = action == 1
    peer = Ridge(alpha=7.0, fit_intercept=False).fit(one[own], reward[own] - reward.mean())
    assert slopes[1] == pytest.approx(peer.coef_, rel=1e-9)
    reward[:200] = 1 - np.round(reward.mean())
    balanced = np.resize([0.0, 1.0], 400)
    predict = reward_models._logistic(one, action, balanced, 2, 8.0)
    logit = LogisticRegression(C=1 / 2.0, fit_intercept=False, tol=1e-10).fit(one[own], balanced[own])
    assert predict(x[own])[:, 1] == pytest.approx(logit.predict_proba(one[own])[:, 1], abs=1e-5)


def test_predictions_did_not_see_their_own_reward() -> None:
    """One reward moved far away moves no prediction of its own row."""
    log, _ = two_actions(np.random.default_rng(2), 400)
    moved = replace(log, reward=log.reward + 1e6 * (np.arange(400) == 7))
    first, other = (expected_rewards(own, policy(own), "ridge", 4, np.random.default_rng(3)) for own in (log, moved))
    assert other.predicted[7] == pytest.approx(first.predicted[7], abs=0.5)
    assert abs(other.predicted - first.predicted).max() > 10


def test_clusters_stay_in_one_fold_and_draws_are_equal_on_repeat() -> None:
    log, _ = two_actions(np.random.default_rng(4), 300, clusters=30)
    folds = reward_models._folds(log, 5, np.random.default_rng(0))
    assert log.cluster is not None
    assert all(len(np.unique(folds[log.cluster == own])) == 1 for own in range(30))
    first, again = (expected_rewards(log, policy(log), "boosted_trees", 3, np.random.default_rng(8)) for _ in range(2))
    assert (first.modelled == again.modelled).all()


def test_rare_rewards_are_shrunk_to_their_common_mean() -> None:
    """Forty-two clicks on 240 items in slots tell no item from another."""
    log = open_bandit("bts")
    found = expected_rewards(log, policy(log), "ridge", 5, np.random.default_rng(0))
    assert float(found.modelled.mean()) == pytest.approx(0.0042, abs=2e-4)


def test_contexts_are_in_spreads_and_slots_are_columns() -> None:
    log = replace(open_bandit("random"), context={"constant": np.ones(10_000), "x": np.arange(10_000.0)})
    columns = context_columns(log)
    assert columns.shape == (10_000, 4)
    assert columns.std(axis=0) == pytest.approx([0, 1, 1, 1])
