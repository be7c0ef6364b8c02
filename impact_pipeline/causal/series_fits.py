"""Series and settings in, fits out: what estimators, checks and refuters of one series have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.causal.base import Question
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline.stats.time_series.interrupted_series import InterruptedFit, interrupted_series
from impact_pipeline.stats.time_series.season import season_dummies, season_waves, yearly_waves
from impact_pipeline.stats.time_series.structural_series import StructuralFit, StructuralModel, structural_series
from impact_pipeline.stats.time_series.time_axis import USUAL_SEASON, TimeAxis, time_axis

SeriesDesign = InterruptedTimeSeries | StructuralTimeSeries
SeriesQuestion = Question[Series, SeriesDesign]
SeriesFit = InterruptedFit | StructuralFit

ROUNDS = 2
"""Rounds of the season that have to lie before the change for it to be learnt by itself."""


def series_fit(question: SeriesQuestion) -> SeriesFit | Refusal:
    """The fit that the design asks for."""
    if isinstance(question.design, InterruptedTimeSeries):
        return interrupted_fit(question.sample, question.design)
    return structural_fit(question.sample, question.design, question.rng("structural series"))


def interrupted_fit(series: Series, design: InterruptedTimeSeries) -> InterruptedFit | Refusal:
    """Controls enter without shrinkage."""
    found = _axis_and_season(series, design)
    if isinstance(found, Refusal):
        return found
    axis, season = found
    extra = {**season, **series.controls}
    lags = None if design.lags == "automatic" else design.lags
    return interrupted_series(
        axis.places, series.outcome, series.starts, trend=design.trend, extra=extra, errors=design.errors, lags=lags
    )


def structural_fit(series: Series, design: StructuralTimeSeries, rng: np.random.Generator) -> StructuralFit | Refusal:
    found = _axis_and_season(series, design)
    if isinstance(found, Refusal):
        return found
    axis, season = found
    model = StructuralModel(design.level, design.step, design.level_spread)
    return structural_series(
        axis.places, series.outcome, series.starts, model, design.draws, rng, season=season, controls=series.controls
    )


def season_length(series: Series, axis: TimeAxis, design: SeriesDesign) -> int | None:
    """Periods of one round, None without a season."""
    if design.season == "none":
        return None
    if design.season != "automatic":
        return int(design.season)
    usual = USUAL_SEASON.get(axis.step)
    before = int(axis.places[series.starts - 1]) + 1 if series.starts else 0
    return usual if usual is not None and before >= ROUNDS * usual else None


def before_only(series: Series, starts: int) -> Series:
    """What was known before the change, as if it had started at an earlier place.

    >>> earlier = before_only(Series(("1", "2", "3", "4"), np.arange(4.0), 3), 2)
    >>> len(earlier), earlier.starts
    (3, 2)
    """
    return replace(between(series, 0, series.starts), starts=starts)


def between(series: Series, first: int, end: int) -> Series:
    """Periods `first` to before `end`, with the change where it was."""
    return replace(
        series,
        periods=series.periods[first:end],
        outcome=series.outcome[first:end],
        starts=series.starts - first,
        controls={name: control[first:end] for name, control in series.controls.items()},
        days=None if series.days is None else series.days[first:end],
    )


def _axis_and_season(series: Series, design: SeriesDesign) -> tuple[TimeAxis, Mapping[str, Array]] | Refusal:
    if series.starts < 1:
        return Refusal("no_pre_period", "the change starts with the first period: nothing lies before it")
    if series.starts >= len(series):
        return Refusal("too_few_periods", f"the change starts after the last of {len(series)} periods")
    axis = time_axis(series.periods, series.days)
    if isinstance(axis, Refusal):
        return axis
    found: dict[str, Array] = {}
    if length := season_length(series, axis, design):
        waves = design.season_waves
        found |= season_waves(axis.places, length, waves) if waves else season_dummies(axis.places, length)
    if design.yearly_waves:
        if series.days is None:
            return Refusal("measure_undefined", "yearly_waves need periods that are dates")
        found |= yearly_waves(series.days, design.yearly_waves)
    return axis, found
