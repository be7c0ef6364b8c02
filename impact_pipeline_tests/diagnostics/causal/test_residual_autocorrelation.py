from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.calibration.scenarios.interrupted_time_series import related_errors
from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.series_fits import SeriesQuestion
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.residual_autocorrelation import ResidualAutocorrelation
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_series import effects, interrupted, series, shop, structural


def finding(question: SeriesQuestion) -> Finding:
    return ResidualAutocorrelation().check(question, effects(question)).finding


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_white_noise_passes(asked: object) -> None:
    found = finding(asked(shop(1)))  # type: ignore[operator]
    assert found.passed is True
    assert "no sign of autocorrelation" in found.sentence


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_season_that_was_left_out_fails(asked: object) -> None:
    season = 3 * np.resize([0.0, 0, 0, 0, 1, 2, 1], 120)
    outcome = season + np.random.default_rng(0).normal(size=120)
    found = finding(asked(series(outcome, 90)))  # type: ignore[operator]
    assert (found.passed, found.consequence) == (False, "never_ship")


def test_an_autoregression_is_allowed_for_by_its_own_model() -> None:
    outcome = related_errors(150, 0.6, np.random.default_rng(2))
    assert finding(interrupted(series(outcome, 100))).passed is True


@pytest.mark.parametrize(("correlation", "passed"), [(0.2, True), (0.9, False)])
def test_newey_west_errors_allow_for_a_little(correlation: float, passed: bool) -> None:
    outcome = related_errors(300, correlation, np.random.default_rng(3))
    found = finding(interrupted(series(outcome, 200), errors="newey_west"))
    assert (found.passed, found.threshold) == (passed, 0.3)


def test_errors_that_hardly_return_fail_and_name_the_other_design() -> None:
    outcome = np.cumsum(np.cumsum(np.random.default_rng(4).normal(size=200)))
    found = finding(interrupted(series(outcome, 150)))
    assert found.passed is False
    assert "take structural_time_series" in found.sentence


def test_few_periods_or_no_fit_say_nothing() -> None:
    short = finding(structural(series(np.random.default_rng(5).normal(size=9), 7)))
    assert (short.passed, short.consequence) == (None, "none")
    without = ResidualAutocorrelation().check(structural(shop()), Effects(Refusal("zero_variance", ""))).finding
    assert without.passed is None
