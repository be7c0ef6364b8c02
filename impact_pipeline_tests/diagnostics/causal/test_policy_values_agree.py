from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.causal.base import Effects
from impact_pipeline.diagnostics.causal.policy_values_agree import PolicyValuesAgree
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_log import asked, effects, log


def test_methods_agree_where_propensities_are_right() -> None:
    question = asked(log(seed=3))
    found = PolicyValuesAgree().check(question, effects(question)).finding
    assert found.passed is True
    assert {"ips", "snips", "direct", "doubly_robust"} <= set(found.details)


@pytest.mark.parametrize("estimator", ["snips", "doubly_robust_shrinkage"])
def test_right_propensities_fail_about_once_in_a_hundred_times(estimator: str) -> None:
    questions = [asked(log(seed=seed), estimator=estimator) for seed in range(60)]
    failed = [PolicyValuesAgree().check(one, effects(one)).finding.passed is False for one in questions]
    assert sum(failed) <= 4


def test_weights_and_model_disagree_where_propensities_are_wrong() -> None:
    question = asked(log("wrong_propensities"))
    found = PolicyValuesAgree().check(question, effects(question)).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "more than chance" in found.sentence


def test_ips_and_snips_are_compared_where_there_is_no_model() -> None:
    question = asked(replace(log(), target_policy=None), estimator="ips")
    found = PolicyValuesAgree().check(question, effects(question)).finding
    assert found.passed is not None
    assert set(found.details) == {"ips", "snips"}


def test_without_a_fit_it_says_nothing() -> None:
    assert PolicyValuesAgree().check(asked(log()), Effects(Refusal("no_support", ""))).finding.passed is None
