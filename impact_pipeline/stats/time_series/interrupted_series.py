"""Interrupted time series by segmented regression: the level and the trend before, and how both change.

`y = level + trend t + jump [t >= T] + slope [t >= T] (t - T) + season + controls + error`, T the change's first period.
Wagner, Soumerai, Zhang, Ross-Degnan (2002); Linden (2015), Stata Journal 15.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.least_squares import Array, Fit, least_squares, summed
from impact_pipeline.stats.newey_west import newey_west, small_sample, usual_lags
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.autoregressive_errors import AutoregressiveFit, autoregressive_fit
from impact_pipeline.stats.time_series.time_axis import Places

Trend = Literal["none", "linear"]
Errors = Literal["autoregressive", "newey_west", "newey_west_small_sample"]

LEVEL, SLOPE, BEFORE = "level", "slope", "trend before"


@dataclass(frozen=True, slots=True, eq=False)
class InterruptedFit:
    """`columns` are those of every period, (periods, k); `rows` the places of periods with an outcome."""

    names: tuple[str, ...]
    columns: Array
    rows: Places
    starts: int
    coefficients: Array
    covariance: Array
    lags: int
    ordinary: Fit
    autoregressive: AutoregressiveFit | None
    errors: Errors

    def contrast(self, name: str) -> Array:
        """The combination of coefficients that is one of them."""
        return np.array([float(own == name) for own in self.names])

    def average(self) -> Array:
        """The combination that is the mean effect over the periods under the change that have an outcome."""
        after = self.rows[self.rows >= self.starts]
        own = np.array([name in (LEVEL, SLOPE) for name in self.names])
        return np.where(own, self.columns[after].mean(axis=0), 0.0)

    def effect(self, contrast: Array) -> tuple[float, float, float]:
        """The combination's value, standard error and degrees of freedom."""
        value = float(np.sum(contrast * self.coefficients))
        variance = float(summed("i,ij,j->", contrast, self.covariance, contrast))
        if self.autoregressive is not None:
            return value, float(np.sqrt(variance)), self.autoregressive.degrees_of_freedom
        if self.errors == "newey_west":
            return value, float(np.sqrt(variance)), float(self.ordinary.n - self.ordinary.k)
        share, degrees = small_sample(self.ordinary, np.arange(self.ordinary.n), self.lags, contrast)
        return value, float(np.sqrt(variance / share)), degrees

    def fitted(self) -> Array:
        """What the regression expects of every period."""
        return summed("ij,j->i", self.columns, self.coefficients)

    def along(self) -> tuple[Array, Array]:
        """The effect at each period under the change, and its standard error, (periods under the change,)."""
        own = np.array([name in (LEVEL, SLOPE) for name in self.names])
        columns = np.where(own, self.columns[self.starts :], 0.0)
        variances = summed("ij,jk,ik->i", columns, self.covariance, columns)
        average = self.average()
        share = self.effect(average)[1] ** 2 / float(summed("i,ij,j->", average, self.covariance, average))
        return summed("ij,j->i", columns, self.coefficients), np.sqrt(np.maximum(variances, 0.0) * share)

    def without(self) -> tuple[Array, Array]:
        """What it expects of every period without the change, and its standard error."""
        own = np.array([name in (LEVEL, SLOPE) for name in self.names])
        columns = np.where(own, 0.0, self.columns)
        variances = summed("ij,jk,ik->i", columns, self.covariance, columns)
        return summed("ij,j->i", columns, self.coefficients), np.sqrt(np.maximum(variances, 0.0))

    @property
    def white_residuals(self) -> Array:
        """Residuals with the autocorrelation taken out that the errors allow for in their model."""
        return self.ordinary.residuals if self.autoregressive is None else self.autoregressive.innovations


def interrupted_series(
    places: ArrayLike,
    outcome: ArrayLike,
    starts: int,
    *,
    trend: Trend = "linear",
    extra: Mapping[str, Array] | None = None,
    errors: Errors = "autoregressive",
    lags: int | None = None,
) -> InterruptedFit | Refusal:
    """The regression of periods in order, NaN where no outcome was seen; `extra` are columns of season and controls.

    Errors of `newey_west` are those of `itsa` in Stata; `newey_west_small_sample` divides by their share of the truth
    in short series. `lags` is `usual_lags` by default.

    >>> found = interrupted_series(range(8), [1.0, 2.1, 2.9, 4.0, 7.1, 8.0, 9.0, 9.9], 4, errors="newey_west")
    >>> [round(float(number), 2) for number in found.coefficients]
    [1.03, 0.98, 2.14, -0.04]
    """
    times, values = np.asarray(places, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if refusal := _not_enough(values, starts, trend):
        return refusal
    named = {**_segments(times, starts, trend), **(extra or {})}
    columns, rows = np.column_stack(list(named.values())), np.flatnonzero(np.isfinite(values))
    ordinary = least_squares(columns[rows], values[rows], names=tuple(named))
    if isinstance(ordinary, Refusal):
        return ordinary
    taken = usual_lags(len(rows)) if lags is None else lags
    auto = autoregressive_fit(columns[rows], values[rows], times[rows]) if errors == "autoregressive" else None
    found = auto or ordinary
    covariance = newey_west(ordinary, times[rows], taken) if auto is None else auto.covariance
    return InterruptedFit(
        ordinary.names, columns, rows, starts, found.coefficients, covariance, taken, ordinary, auto, errors
    )


def _segments(times: Array, starts: int, trend: Trend) -> dict[str, Array]:
    after = (np.arange(len(times)) >= starts).astype(np.float64)
    if trend == "none":
        return {"level before": np.ones(len(times)), LEVEL: after}
    since = after * (times - times[starts])
    return {"level before": np.ones(len(times)), BEFORE: times - times[0], LEVEL: after, SLOPE: since}


def _not_enough(values: Array, starts: int, trend: Trend) -> Refusal | None:
    seen = np.isfinite(values)
    before, after = int(seen[:starts].sum()), int(seen[starts:].sum())
    least = 2 if trend == "none" else 3
    if before == 0:
        return Refusal("no_pre_period", "no period before the change has an outcome: nothing to compare with")
    if after == 0:
        return Refusal("too_few_periods", "no period under the change has an outcome yet")
    if before < least or after < least - 1:
        detail = f"{before} periods with an outcome before the change and {after} under it"
        return Refusal("too_few_periods", f"{detail}; '{trend}' as trend needs {least} and {least - 1}")
    return None
