from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.series_forecast import Forecast, forecast, forecasts, held_out_periods
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_series import interrupted, shop, structural, with_outcome


def test_as_many_periods_are_held_out_as_lie_under_the_change_but_a_third_at_most() -> None:
    assert held_out_periods(structural(shop(starts=90))) == 10
    assert held_out_periods(structural(shop(starts=60))) == 20
    assert held_out_periods(structural(shop(starts=90), backtest=5)) == 5


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_forecast_does_not_see_what_it_foretells_nor_what_comes_after(asked: object) -> None:
    sample = shop(1)
    moved = sample.outcome.copy()
    moved[60:] += 30
    moved[75:] = 1e6
    first = forecast(asked(sample), 60, 75)  # type: ignore[operator]
    other = forecast(asked(with_outcome(sample, moved)), 60, 75)  # type: ignore[operator]
    assert isinstance(first, Forecast)
    assert isinstance(other, Forecast)
    assert first.p_value > 0.001
    assert other.p_value < 1e-4
    assert other.value - first.value == pytest.approx(30, abs=3)
    assert other.share_outside > 0.9
    assert len(first.series) == 75


def test_a_step_is_not_fitted_to_what_it_would_explain() -> None:
    sample = shop(2)
    moved = sample.outcome.copy()
    moved[60:75] += 20
    found = forecast(structural(with_outcome(sample, moved), step=True), 60, 75)
    assert isinstance(found, Forecast)
    assert found.value == pytest.approx(20, abs=2)


def test_error_is_in_shares_of_the_outcome_and_missing_where_it_is_0() -> None:
    sample = shop(3)
    found = forecast(structural(sample), 60, 75)
    assert isinstance(found, Forecast)
    assert found.error is not None
    assert 0 < found.error < 0.1
    outcome = sample.outcome.copy()
    outcome[70], outcome[71] = 0.0, np.nan
    with_zero = forecast(structural(with_outcome(sample, outcome)), 60, 75)
    assert isinstance(with_zero, Forecast)
    assert with_zero.error is None
    assert 71 not in with_zero.held_out


def test_windows_that_cannot_be_foretold_are_skipped() -> None:
    asked = structural(replace(shop(), starts=20))
    assert isinstance(forecast(asked, 2, 20), Refusal)
    assert len(list(forecasts(asked, [(2, 20), (15, 20)]))) == 1
