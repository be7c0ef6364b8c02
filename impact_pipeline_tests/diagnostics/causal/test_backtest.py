from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Paths
from impact_pipeline.diagnostics.causal.backtest import Backtest
from impact_pipeline_tests.diagnostics.causal.one_series import interrupted, series, shop, structural, with_outcome


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_model_that_foretells_the_past_passes_and_shows_its_worst_forecast(asked: object) -> None:
    checked = Backtest().check(asked(shop(4)), None)  # type: ignore[operator]
    assert checked.finding.passed is True
    assert checked.finding.details["windows"] == 1
    (paths,) = checked.exhibits
    assert isinstance(paths, Paths)
    assert (len(paths.actual), paths.starts) == (75, 50)


def test_windows_follow_each_other_back_while_half_of_the_past_is_left() -> None:
    found = Backtest().check(structural(shop(5, periods=87)), None).finding
    assert found.details["windows"] == 3
    assert found.threshold == pytest.approx(0.01 / 3)


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_jump_before_the_change_fails(asked: object) -> None:
    sample = shop(6)
    outcome = sample.outcome + 15.0 * (np.arange(100) >= 50)
    found = Backtest().check(asked(with_outcome(sample, outcome)), None).finding  # type: ignore[operator]
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "was off by" in found.sentence


def test_a_past_too_short_to_hold_anything_out_fails() -> None:
    found = Backtest().check(structural(series(np.arange(8.0), 4)), None).finding
    assert (found.passed, found.details["windows"]) == (False, 0)
    assert Backtest().check(structural(replace(shop(), starts=0)), None).finding.passed is False


def test_a_right_model_fails_about_once_in_a_hundred_times() -> None:
    failed = [Backtest().check(structural(shop(seed), draws=400), None).finding.passed is False for seed in range(60)]
    assert sum(failed) <= 4
