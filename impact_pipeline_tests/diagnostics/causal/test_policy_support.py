from __future__ import annotations

from dataclasses import replace

from impact_pipeline.diagnostics.causal.policy_support import PolicySupport
from impact_pipeline_tests.diagnostics.causal.one_log import asked, log
from impact_pipeline_tests.stats.off_policy.logs import open_bandit


def test_a_log_that_tried_everything_passes() -> None:
    found = PolicySupport().check(asked(log()), None).finding
    assert (found.passed, found.statistic) == (True, 0.0)


def test_an_action_that_was_never_tried_fails_by_name() -> None:
    found = PolicySupport().check(asked(log("missing_support")), None).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "most of them 'd'" in found.sentence


def test_an_item_that_one_slot_never_showed_is_counted_by_what_the_target_shows() -> None:
    """One of 240 items in slots is not in the log of Thompson sampling."""
    found = PolicySupport().check(asked(open_bandit("bts")), None).finding
    assert found.passed is True
    assert found.details["unsupported_actions"] == 1
    assert 0 < (found.statistic or 0) < 0.01


def test_without_the_targets_chances_of_all_actions_it_says_nothing() -> None:
    found = PolicySupport().check(asked(replace(log(), target_policy=None)), None).finding
    assert (found.passed, found.consequence) == (None, "none")
