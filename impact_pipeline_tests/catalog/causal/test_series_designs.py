"""Settings of designs with one series."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries


def interrupted(**settings: Any) -> InterruptedTimeSeries:
    return InterruptedTimeSeries.model_validate({"type": "interrupted_time_series", **settings})


def structural(**settings: Any) -> StructuralTimeSeries:
    return StructuralTimeSeries.model_validate({"type": "structural_time_series", **settings})


def test_defaults_are_those_of_a_careful_analyst() -> None:
    own, other = interrupted(), structural()
    assert (own.trend, own.season, own.errors, own.lags) == ("linear", "automatic", "autoregressive", "automatic")
    assert (other.level, other.season, other.step, other.draws) == ("local_level", "automatic", False, 2000)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"lags": 3}, "lags are of Newey and West's errors"),
        ({"season": "none", "season_waves": 2}, "season_waves describe a season"),
        ({"season": 1}, "greater than or equal to 2"),
        ({"backtest": 1}, "greater than or equal to 2"),
        ({"errors": "hc1"}, "'autoregressive', 'newey_west' or 'newey_west_small_sample'"),
        ({"lag": 3}, "Extra inputs are not permitted"),
    ],
)
def test_interrupted_settings_that_do_not_fit_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        interrupted(**settings)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"level": "fixed", "level_spread": 0.01}, "a fixed level does not move"),
        ({"season": "none", "season_waves": 2}, "season_waves describe a season"),
        ({"draws": 50}, "greater than or equal to 200"),
        ({"level_spread": 0}, "greater than 0"),
        ({"level": "ar"}, "'local_level', 'local_linear_trend' or 'fixed'"),
    ],
)
def test_structural_settings_that_do_not_fit_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        structural(**settings)


def test_lags_may_be_0_with_newey_west() -> None:
    assert interrupted(errors="newey_west", lags=0).lags == 0
