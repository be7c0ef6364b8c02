from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.off_policy.importance_weights import (
    inverse_propensity_totals,
    unsupported_share,
    weight_summary,
)
from impact_pipeline_tests.stats.off_policy.logs import open_bandit, two_actions


def test_summary_is_that_of_plain_formulas() -> None:
    weights = open_bandit("bts").weights
    found = weight_summary(weights)
    assert found.mean == pytest.approx(float(np.mean(weights)))
    assert found.std_error == pytest.approx(float(np.std(weights, ddof=1)) / 100)
    assert found.effective_size == pytest.approx(float(weights.sum() ** 2 / (weights**2).sum()))
    assert found.largest == weights.max()


def test_weights_of_nothing_have_no_size() -> None:
    assert weight_summary(np.zeros(3)).effective_size == 0.0


def test_actions_are_taken_as_often_as_their_propensities_say() -> None:
    rng = np.random.default_rng(0)
    log, _ = two_actions(rng, 20_000)
    means, errors = inverse_propensity_totals(log.action, log.propensity, 2)
    assert (np.abs(means - 1) < 4 * errors).all()
    assert (errors < 0.02).all()


def test_an_action_seen_once_has_the_error_of_its_propensity_and_one_never_seen_none() -> None:
    action = np.array([0] * 99 + [1])
    means, errors = inverse_propensity_totals(action, np.array([0.5] * 99 + [0.05]), 3)
    assert means[1] == pytest.approx(0.2)
    assert errors[1] == pytest.approx(np.sqrt(19 / 100))
    assert np.isnan(means[2])


def test_support_is_looked_for_in_each_slot() -> None:
    policy = np.full((4, 2), 0.5)
    action, slot = np.array([0, 1, 0, 0]), np.array([0, 0, 1, 1])
    assert unsupported_share(policy, action).tolist() == [0.0, 0.0]
    assert unsupported_share(policy, action, slot).tolist() == [0.0, 0.25]
