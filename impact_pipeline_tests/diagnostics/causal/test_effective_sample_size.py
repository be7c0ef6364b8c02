from __future__ import annotations

import pytest

from impact_pipeline.causal.base import Effects
from impact_pipeline.diagnostics.causal.effective_sample_size import EffectiveSampleSize
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_log import asked, effects, log
from impact_pipeline_tests.stats.off_policy.logs import open_bandit


def test_a_target_near_the_log_passes() -> None:
    question = asked(log())
    found = EffectiveSampleSize().check(question, effects(question)).finding
    assert found.passed is True
    assert (found.statistic or 0) > 2000


def test_a_target_that_was_hardly_tried_fails() -> None:
    question = asked(log("hardly_tried"))
    found = EffectiveSampleSize().check(question, effects(question)).finding
    assert (found.passed, found.consequence, found.threshold) == (False, "never_ship", 100)


def test_forty_two_clicks_count_as_seven() -> None:
    """The Open Bandit log has decisions enough, 340, but its weighted clicks are a handful."""
    question = asked(open_bandit("bts"))
    found = EffectiveSampleSize().check(question, effects(question)).finding
    assert found.passed is False
    assert found.statistic == pytest.approx(340.4, abs=0.1)
    assert found.details["effective_rewards"] == pytest.approx(7.3, abs=0.5)


def test_without_a_fit_it_says_nothing() -> None:
    found = EffectiveSampleSize().check(asked(log()), Effects(Refusal("no_support", ""))).finding
    assert found.passed is None
