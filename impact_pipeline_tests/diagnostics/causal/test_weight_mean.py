from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.causal.base import Effects
from impact_pipeline.diagnostics.causal.weight_mean import WeightMean
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_log import asked, effects, log
from impact_pipeline_tests.stats.off_policy.logs import open_bandit


def test_right_propensities_pass_even_where_weights_are_clipped() -> None:
    question = asked(log(seed=2), clip=1.0)
    found = WeightMean().check(question, effects(question)).finding
    assert found.passed is True


@pytest.mark.parametrize("name", ["wrong_propensities", "missing_support"])
def test_wrong_propensities_and_missing_support_fail(name: str) -> None:
    question = asked(log(name))
    found = WeightMean().check(question, effects(question)).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "not 1: propensities are wrong, or support is missing" in found.sentence


def test_weights_of_1_pass_exactly() -> None:
    uniform = open_bandit("random")
    question = asked(uniform)
    assert WeightMean().check(question, effects(question)).finding.passed is True
    doubled = asked(replace(uniform, propensity=2 * uniform.propensity))
    assert WeightMean().check(doubled, effects(doubled)).finding.passed is False


def test_without_a_fit_it_says_nothing() -> None:
    assert WeightMean().check(asked(log()), Effects(Refusal("no_support", ""))).finding.passed is None
