"""Each arm of a metric by itself: its mean, share, ratio or quantile over all strata, with a standard error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from math import sqrt
from operator import add

import numpy as np

from impact_pipeline.analysis.answer import ArmReading
from impact_pipeline.analysis.metric_questions import (
    CountedMetric,
    MetricQuestion,
    ProportionMetric,
    QuantileMetric,
    RatioMetric,
)
from impact_pipeline.analysis.specification import Bootstrap
from impact_pipeline.analysis.strata import Measured
from impact_pipeline.analysis.units import Floats, Numbers
from impact_pipeline.errors import InputError
from impact_pipeline.estimators.base import Interval
from impact_pipeline.stats.delta_method import ratio_variance
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.inference import quantile
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.quantiles import Quantile, quantile_of

MOST_BOOTSTRAPPED = 100_000
"""Units beyond which a bootstrap takes minutes and says what the delta method says."""
DRAWN_AT_ONCE = 4_000_000


def arm_readings(metric: MetricQuestion, parts: Measured, alpha: float) -> Iterator[ArmReading]:
    """Those of the arms that hold a unit."""
    for arm in parts.arms:
        own = [part.arms[arm] for part in parts.parts]
        if not sum(int(np.atleast_1d(one.moments.n)[0]) for one in own):
            continue
        if isinstance(metric, QuantileMetric):
            yield _quantile_reading(metric, arm, reduce(add, (one.distributions[0] for one in own)), alpha)
        else:
            moments = reduce(add, (one.moments.each(lambda sums: sums[0]) for one in own))
            yield _with_interval(_reading(metric, arm, moments), alpha)


def bootstrapped(reading: ArmReading, numbers: Numbers, metric: MetricQuestion, asked: Bootstrap) -> ArmReading:
    """The reading with the standard deviation of the mean (or ratio) over samples of units drawn with replacement."""
    if not isinstance(metric, QuantileMetric) and numbers.yy is None and reading.value is not None:
        n = len(numbers)
        if n > MOST_BOOTSTRAPPED:
            raise InputError(f"design.bootstrap: {n} units; up to {MOST_BOOTSTRAPPED} are drawn again: remove it")
        d = numbers.d if numbers.d is not None else np.ones(n)
        return replace(reading, bootstrap_std_error=_bootstrap_std_error(numbers.y, d, asked))
    return reading


def _bootstrap_std_error(y: Floats, d: Floats, asked: Bootstrap) -> float | None:
    rng, n = np.random.default_rng(asked.seed), len(y)
    shares, at_once = np.full(n, 1 / n), max(1, DRAWN_AT_ONCE // n)
    ratios: list[Floats] = []
    for start in range(0, asked.draws, at_once):
        times = rng.multinomial(n, shares, size=min(at_once, asked.draws - start)).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios.append((times @ y) / (times @ d))
    found = np.concatenate(ratios)
    return float(np.std(found, ddof=1)) if np.isfinite(found).all() else None


def _reading(metric: MetricQuestion, arm: str, moments: Moments) -> ArmReading:
    n = int(moments.n)
    if isinstance(metric, RatioMetric):
        return _ratio_reading(metric, arm, moments, n)
    value = float(moments.mean("y"))
    if n < 2:
        return ArmReading(metric.name, arm, n, value, None)
    share = isinstance(metric, ProportionMetric | CountedMetric)
    variance = value * (1 - value) / (n - 1) if share else float(moments.covariance("y", "y")) / n
    return ArmReading(metric.name, arm, n, value, sqrt(max(0.0, variance)))


def _ratio_reading(metric: RatioMetric, arm: str, moments: Moments, n: int) -> ArmReading:
    if not moments.d:
        return ArmReading(metric.name, arm, n, None, None)
    value = float(moments.mean("y")) / float(moments.mean("d"))
    if n < 2:
        return ArmReading(metric.name, arm, n, value, None)
    variance = float(ratio_variance(moments))
    return ArmReading(metric.name, arm, n, value, sqrt(variance), delta_std_error=sqrt(variance * (n - 1) / n))


def _with_interval(reading: ArmReading, alpha: float) -> ArmReading:
    """Student's, with n - 1 degrees of freedom."""
    if not reading.std_error or reading.value is None:
        return reading
    half_width = float(quantile(1 - alpha / 2, reading.n - 1.0)) * reading.std_error
    return replace(reading, interval=Interval(reading.value - half_width, reading.value + half_width, 1 - alpha))


def _quantile_reading(metric: QuantileMetric, arm: str, whole: Distribution, alpha: float) -> ArmReading:
    """Woodruff's interval; only the value where it has no error."""
    found = quantile_of([(1.0, whole)], metric.quantile, 1 - alpha, ties=metric.ties)
    if not isinstance(found, Quantile):
        return ArmReading(metric.name, arm, whole.n, whole.quantile(metric.quantile, metric.ties), None)
    interval = Interval(found.lower, found.upper, 1 - alpha)
    return ArmReading(metric.name, arm, whole.n, found.value, found.std_error, interval)
