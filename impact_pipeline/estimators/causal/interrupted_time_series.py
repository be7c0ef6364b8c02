"""The change of a series' level and trend, by segmented regression with errors that are related over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.causal.series_fits import interrupted_fit
from impact_pipeline.estimators.causal.series_exhibits import curve, paths
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline.stats.time_series.interrupted_series import BEFORE, LEVEL, SLOPE, InterruptedFit
from impact_pipeline.stats.time_series.ljung_box import autocorrelations

AVERAGE = "average effect per period"
SHORT = 1_000
"""Periods up to which the cross-check's errors are corrected for short series."""
ESTIMANDS = {
    LEVEL: "change of the level at once",
    SLOPE: "change of the trend per period",
    BEFORE: "trend per period before the change",
}


class InterruptedTimeSeries:
    """`outcome = level + trend t + jump + slope (t - T) + season + controls`; the effect is jump and slope, averaged.

    Assumes that level and trend before would have gone on, and that nothing else happened with the change. Errors are a
    first-order autoregression, or Newey and West's. "second estimator" is the other of the two.
    """

    name: ClassVar[str] = "interrupted_time_series"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series"})

    def fits(self, design: Any) -> bool:
        return True

    def effects(self, question: Question[Series, Design]) -> Effects:
        """
        >>> import numpy as np
        >>> y = np.concatenate([np.arange(20.0), 25 + np.arange(20.0)]) + np.tile([0.1, -0.1, 0.0, 0.2], 10)
        >>> series = Series(tuple(map(str, range(40))), y, 20)
        >>> found = InterruptedTimeSeries().effects(Question(series, Design(type="interrupted_time_series")))
        >>> found.main.lower < 5 < found.main.upper, list(found.others)
        (True, ['cumulative', 'level', 'slope', 'trend before', 'second estimator'])
        """
        fit = interrupted_fit(question.sample, question.design)
        if isinstance(fit, Refusal):
            return Effects(fit)
        after = int((fit.rows >= fit.starts).sum())
        others = _others(question, fit, after)
        counts = {"periods before": len(fit.rows) - after, "periods under the change": after}
        main = _main(question.sample, fit, question.alpha)
        return Effects(main, others, counts, _numbers(fit), _exhibits(question, fit), (), fit)


def _main(series: Series, fit: InterruptedFit, alpha: float) -> Effect:
    found = _effect(fit, fit.average(), alpha, AVERAGE)
    actual = float(series.outcome[fit.rows[fit.rows >= fit.starts]].mean())
    return replace(found, treated=actual, untreated=actual - found.value)


def _effect(fit: InterruptedFit, contrast: Array, alpha: float, estimand: str) -> Effect:
    value, error, degrees = fit.effect(contrast)
    half, p_value = float(quantile(1 - alpha / 2, degrees)) * error, float(2 * upper_tail(abs(value) / error, degrees))
    return Effect(value, error, value - half, value + half, p_value, _method(fit), estimand, degrees)


def _method(fit: InterruptedFit) -> str:
    if fit.errors == "autoregressive":
        return "least squares with autoregressive errors"
    return f"least squares with Newey-West errors of lag {fit.lags}"


def _others(question: Question[Series, Design], fit: InterruptedFit, after: int) -> dict[str, Effect | Refusal]:
    alpha = question.alpha
    found: dict[str, Effect | Refusal] = {"cumulative": _effect(fit, fit.average() * after, alpha, "cumulated effect")}
    for name, estimand in ESTIMANDS.items():
        if name in fit.names:
            found[name] = _effect(fit, fit.contrast(name), alpha, estimand)
    others: dict[str, Any] = {"errors": _other_errors(fit), "lags": "automatic"}
    second = interrupted_fit(question.sample, question.design.model_copy(update=others))
    found["second estimator"] = (
        second if isinstance(second, Refusal) else _effect(second, second.average(), alpha, AVERAGE)
    )
    return found


def _other_errors(fit: InterruptedFit) -> str:
    """The small-sample share takes a matrix of all pairs of periods."""
    if fit.autoregressive is None:
        return "autoregressive"
    return "newey_west_small_sample" if len(fit.rows) <= SHORT else "newey_west"


def _numbers(fit: InterruptedFit) -> dict[str, float]:
    found = {
        "lags": float(fit.lags),
        "autocorrelation of residuals": float(autocorrelations(fit.ordinary.residuals, 1)[0]),
    }
    if fit.autoregressive is not None:
        found["autocorrelation"] = fit.autoregressive.correlation
    found |= {f"coefficient of {name}": float(one) for name, one in zip(fit.names, fit.coefficients, strict=True)}
    return found


def _exhibits(question: Question[Series, Design], fit: InterruptedFit) -> tuple[Exhibit, ...]:
    alpha, series = question.alpha, question.sample
    critical = float(quantile(1 - alpha / 2, fit.effect(fit.average())[2]))
    (without, error), (along, own_error) = fit.without(), fit.along()
    labels, half = series.periods[fit.starts :], critical * own_error
    return (
        paths(series, without, without - critical * error, without + critical * error, alpha),
        curve("pointwise", "Effect by period", labels, (along, along - half, along + half), alpha),
    )
