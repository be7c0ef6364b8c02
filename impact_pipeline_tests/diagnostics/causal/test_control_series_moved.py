from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.control_series_moved import ControlSeriesMoved
from impact_pipeline_tests.diagnostics.causal.one_series import interrupted, shop, structural


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_control_that_went_on_passes_and_one_that_jumped_fails_by_name(asked: object) -> None:
    sample = shop(7)
    after = np.arange(100) >= 75
    moved = replace(sample, controls={**sample.controls, "advertising": sample.controls["market"] + 8.0 * after})
    calm = ControlSeriesMoved().check(asked(sample), None).finding  # type: ignore[operator]
    found = ControlSeriesMoved().check(asked(moved), None).finding  # type: ignore[operator]
    assert calm.passed is True
    assert (found.passed, found.consequence, found.threshold) == (False, "never_ship", 0.005)
    assert "Control 'advertising' moved with the change" in found.sentence
    assert set(found.details) == {"market", "advertising"}


def test_holidays_are_not_judged_and_neither_is_nothing() -> None:
    sample = shop()
    holidays = replace(sample, controls={"holiday": (np.arange(100) % 30 == 0).astype(np.float64)})
    for own in (holidays, replace(sample, controls={})):
        found = ControlSeriesMoved().check(structural(own), None).finding
        assert (found.passed, found.sentence) == (None, "There is no control to judge.")


def test_a_control_without_a_past_is_left_to_the_estimator() -> None:
    found = ControlSeriesMoved().check(structural(replace(shop(), starts=0)), None).finding
    assert found.passed is None


def test_controls_that_go_on_fail_about_once_in_a_hundred_times() -> None:
    failed = [ControlSeriesMoved().check(structural(shop(seed)), None).finding.passed is False for seed in range(80)]
    assert sum(failed) <= 5
