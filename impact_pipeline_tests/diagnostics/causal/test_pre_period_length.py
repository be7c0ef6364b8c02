from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.pre_period_length import PrePeriodLength
from impact_pipeline_tests.diagnostics.causal.one_series import interrupted, series, shop, structural


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_long_past_passes(asked: object) -> None:
    found = PrePeriodLength().check(asked(shop()), None).finding  # type: ignore[operator]
    assert (found.passed, found.statistic, found.threshold) == (True, 75, 14)
    assert "two rounds of a season of 7" in found.sentence


def test_seven_periods_with_an_outcome_are_too_few() -> None:
    outcome = np.arange(12.0)
    outcome[2] = np.nan
    found = PrePeriodLength().check(interrupted(series(outcome, 8)), None).finding
    assert (found.passed, found.consequence, found.statistic) == (False, "never_ship", 7)
    assert found.sentence == "7 periods before the change have an outcome; 8 are the least."


def test_a_season_that_was_asked_for_must_have_been_seen_twice() -> None:
    found = PrePeriodLength().check(structural(shop(), season=40), None).finding
    assert (found.passed, found.threshold) == (False, 80)


def test_periods_out_of_order_and_no_past_do_not_stop_it() -> None:
    sample = shop()
    twice = replace(sample, periods=("1", *sample.periods[1:]), days=None)
    assert PrePeriodLength().check(structural(twice), None).finding.passed is True
    assert PrePeriodLength().check(structural(replace(sample, starts=0)), None).finding.passed is False
