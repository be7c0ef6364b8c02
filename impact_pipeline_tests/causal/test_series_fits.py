from __future__ import annotations

from datetime import date

import numpy as np

from impact_pipeline.causal.series_fits import before_only, between, season_length, series_fit
from impact_pipeline.stats.samples.series import Series
from impact_pipeline.stats.time_series.interrupted_series import InterruptedFit
from impact_pipeline.stats.time_series.structural_series import StructuralFit
from impact_pipeline.stats.time_series.time_axis import TimeAxis, time_axis
from impact_pipeline_tests.diagnostics.causal.one_series import interrupted, series, shop, structural


def axis(of: Series) -> TimeAxis:
    found = time_axis(of.periods, of.days)
    assert isinstance(found, TimeAxis)
    return found


def test_the_design_says_which_fit_is_made() -> None:
    assert isinstance(series_fit(interrupted(shop())), InterruptedFit)
    assert isinstance(series_fit(structural(shop())), StructuralFit)


def test_automatic_season_is_the_week_of_days_that_saw_two_of_them() -> None:
    long, short = shop(starts=75), shop(starts=13)
    assert season_length(long, axis(long), structural(long).design) == 7
    assert season_length(short, axis(short), structural(short).design) is None
    undated = series(long.outcome, 75)
    assert season_length(undated, axis(undated), structural(undated).design) is None


def test_automatic_season_of_months_is_the_year_and_a_season_may_be_given_or_denied() -> None:
    days = tuple(date(2020 + month // 12, month % 12 + 1, 1) for month in range(40))
    monthly = Series(tuple(day.isoformat() for day in days), np.arange(40.0), 30, days=days)
    assert season_length(monthly, axis(monthly), interrupted(monthly).design) == 12
    assert season_length(monthly, axis(monthly), interrupted(monthly, season=6).design) == 6
    assert season_length(monthly, axis(monthly), interrupted(monthly, season="none").design) is None


def test_windows_carry_everything_along() -> None:
    whole = shop()
    part = between(whole, 10, 90)
    assert (len(part), part.starts, part.periods[0], part.days and part.days[0]) == (
        80,
        65,
        "2024-01-11",
        date(2024, 1, 11),
    )
    assert (part.controls["market"] == whole.controls["market"][10:90]).all()
    early = before_only(whole, 40)
    assert (len(early), early.starts) == (75, 40)
