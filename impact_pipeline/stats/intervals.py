"""Intervals and p-values of a difference and of a lift; each pair comes from one method."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.inference import FixedHorizon, Inference
from impact_pipeline.stats.moments import Real, square
from impact_pipeline.stats.two_means import TwoMeans, as_shape_of

FIXED_HORIZON = FixedHorizon()


@dataclass(frozen=True, slots=True)
class Difference:
    """`treatment - control` with its two-sided interval, and the p-value against 0; floats, or arrays of them."""

    value: Real
    std_error: Real
    degrees_of_freedom: Real
    lower: Real
    upper: Real
    p_value: Real
    critical_value: Real


class NoLift(IntEnum):
    """Why there is no interval of a lift."""

    NONE = 0
    CONTROL_NOT_POSITIVE = 1
    UNBOUNDED = 2


@dataclass(frozen=True, slots=True)
class Lift:
    """`treatment / control - 1` with its two-sided interval; NaN where `refused` is not `NoLift.NONE`."""

    value: Real
    lower: Real
    upper: Real
    refused: NDArray[np.int64] | int


def difference(
    means: TwoMeans, alpha: float, n: Real, inference: Inference = FIXED_HORIZON, *, interval_only: bool = False
) -> Difference:
    """The interval of `treatment - control` at level `1 - alpha` and its two-sided p-value; n units in all.

    With `interval_only` the p-value is NaN: of many looks' intervals, most are only drawn.

    With a fixed horizon this is Welch's t, `t = d / se` with Satterthwaite's degrees of freedom. Assumes independent
    units and samples large enough for means to be about normal; variances may differ between arms. Without any variance
    the numbers are NaN. Welch (1947), Biometrika 34.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(1.0, summarise(Moments(4, 20, 110)), summarise(Moments(4, 12, 46)))
    >>> found = difference(post_stratified([pair]), 0.05, 8.0)
    >>> found.value, round(found.lower, 3), round(found.upper, 3), round(found.p_value, 3)
    (2.0, -1.159, 5.159, 0.172)
    """
    value = means.change
    std_error, degrees = means.error()
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(np.asarray(std_error) > 0, std_error, np.nan)
        critical = inference.critical_value(alpha, degrees, n)
        half_width = critical * error
        statistic = np.abs(value) / error
        p_value = np.full_like(statistic, np.nan) if interval_only else inference.p_value(statistic, degrees, n, alpha)
    lower, upper = as_shape_of(value, value - half_width), as_shape_of(value, value + half_width)
    return Difference(value, std_error, degrees, lower, upper, as_shape_of(value, p_value), critical)


def lift(means: TwoMeans, critical_value: Real) -> Lift:
    """Fieller's interval of the lift, with the critical value of the difference.

    All lifts r - 1 with `(t - r c)^2 <= q^2 var(t - r c)`. At r = 1 this is the test of the difference, so the interval
    leaves out 0 exactly when the p-value of `difference` is below alpha. Where the control mean is not clearly above 0
    the set is unbounded, and where it is negative a lift has no direction: both are refused.
    Fieller (1954), JRSS B 16.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(1.0, summarise(Moments(90, 990, 10_980)), summarise(Moments(90, 900, 9_090)))
    >>> means = post_stratified([pair])
    >>> found = lift(means, difference(means, 0.05, 180.0).critical_value)
    >>> round(found.value, 3), round(found.lower, 4), round(found.upper, 4)
    (0.1, 0.0694, 0.1316)
    """
    control = np.asarray(means.control)
    lower, upper = lift_bounds(means, critical_value)
    unbounded = np.where(np.isnan(lower), NoLift.UNBOUNDED, NoLift.NONE)
    refused = np.where(control > 0, unbounded, NoLift.CONTROL_NOT_POSITIVE)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(refused == NoLift.NONE, means.treatment / control - 1, np.nan)
    code = refused if isinstance(means.control, np.ndarray) else int(refused)
    return Lift(as_shape_of(means.control, value), lower, upper, code)


def lift_bounds(means: TwoMeans, critical_value: Real) -> tuple[Real, Real]:
    """Fieller's bounds for any critical value q; NaN where the set is not an interval.

    With variances v and covariance k the roots are `(c (t - c) - q^2 (k - v_c) +- s) / (c^2 - q^2 v_c)`, where
    `s^2 = q^2 (c^2 v_t - 2 t c k + t^2 v_c) + q^4 (k^2 - v_t v_c)`: written so that nothing large cancels.
    """
    treatment, control = np.asarray(means.treatment), np.asarray(means.control)
    of_treatment, of_control, shared = means.covariances()
    squared = square(np.asarray(critical_value))
    with np.errstate(divide="ignore", invalid="ignore"):
        curvature = square(control) - squared * of_control
        bounded = (curvature > 0) & (control > 0)
        across = square(control) * of_treatment - 2 * treatment * control * shared + square(treatment) * of_control
        between = square(shared) - of_treatment * of_control
        spread = np.sqrt(np.maximum(0.0, squared * across + square(squared) * between))
        centre = control * means.change - squared * (shared - of_control)
        lower = np.where(bounded, (centre - spread) / curvature, np.nan)
        upper = np.where(bounded, (centre + spread) / curvature, np.nan)
    return as_shape_of(means.control, lower), as_shape_of(means.control, upper)
