"""Held-out forecasts of a series: what a design foretold of periods before the change that it did not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.causal.series_fits import SeriesDesign, SeriesQuestion, before_only, series_fit
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline.stats.time_series.interrupted_series import InterruptedFit
from impact_pipeline.stats.time_series.posterior_summary import far_p_value
from impact_pipeline.stats.time_series.time_axis import Places

LARGEST_SHARE = 3
"""At most one in so many of the periods before the change is held out at a time."""

MOST_DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """`value` is the average of outcome less forecast over the periods from `starts` on; `share_outside` of them lie
    beyond their own interval, `error` is their mean absolute error in shares of the outcome (None where one is 0)."""

    series: Series
    starts: int
    value: float
    std_error: float
    p_value: float
    expected: Array
    lower: Array
    upper: Array

    @property
    def held_out(self) -> Places:
        return np.flatnonzero(np.isfinite(self.series.outcome[self.starts :])) + self.starts

    @property
    def share_outside(self) -> float:
        own = self.series.outcome[self.held_out]
        return float(np.mean((own < self.lower[self.held_out]) | (own > self.upper[self.held_out])))

    @property
    def error(self) -> float | None:
        own = self.series.outcome[self.held_out]
        return float(np.mean(np.abs((own - self.expected[self.held_out]) / own))) if (own != 0).all() else None


def held_out_periods(question: SeriesQuestion) -> int:
    """As many as the design asks for, or as lie under the change; at most a third of those before it."""
    asked, before = question.design.backtest, question.sample.starts
    under = len(question.sample) - before
    return max(min(under if asked == "automatic" else int(asked), before // LARGEST_SHARE), 1)


def forecast(question: SeriesQuestion, starts: int, end: int) -> Forecast | Refusal:
    """What the periods before place `starts` foretell of those from it to before `end`, all before the change."""
    series = before_only(replace(question.sample, starts=end), starts)
    fit = series_fit(replace(question, sample=series, design=_foretelling(question.design)))
    if isinstance(fit, Refusal):
        return fit
    if isinstance(fit, InterruptedFit):
        value, error, degrees = fit.effect(fit.average())
        p_value = float(2 * upper_tail(abs(value) / error, degrees))
        expected, spread = fit.without()
        half = float(quantile(1 - question.alpha / 2, degrees)) * np.hypot(spread, _spread(fit))
        lower, upper = expected - half, expected + half
    else:
        effects = fit.effects().mean(axis=0)
        value, error, p_value = float(effects.mean()), float(effects.std(ddof=1)), far_p_value(effects)
        expected, (lower, upper) = fit.expected, fit.band(question.alpha)
    return Forecast(series, starts, value, error, p_value, expected, lower, upper)


def forecasts(question: SeriesQuestion, ends: list[tuple[int, int]]) -> Iterator[Forecast]:
    """Those of `(starts, end)` that can be made."""
    for starts, end in ends:
        found = forecast(question, starts, end)
        if not isinstance(found, Refusal):
            yield found


def _foretelling(design: SeriesDesign) -> SeriesDesign:
    """A step is fitted to what it explains; a forecast is not. Mean and spread need few draws."""
    if not isinstance(design, StructuralTimeSeries):
        return design
    return design.model_copy(update={"step": False, "draws": min(design.draws, MOST_DRAWS)})


def _spread(fit: InterruptedFit) -> float:
    left = fit.ordinary.residuals
    return float(np.sqrt(np.sum(left**2) / (fit.ordinary.n - fit.ordinary.k)))
