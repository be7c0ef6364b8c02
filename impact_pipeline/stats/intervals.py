"""Intervals and p-values of a difference and of a lift; each pair comes from one method."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from impact_pipeline.stats.two_means import TwoMeans


@dataclass(frozen=True, slots=True)
class Difference:
    """`treatment - control` with its two-sided interval, and the p-value against 0."""

    value: float
    std_error: float
    degrees_of_freedom: float
    lower: float
    upper: float
    p_value: float
    critical_value: float


@dataclass(frozen=True, slots=True)
class Lift:
    """`treatment / control - 1` with its two-sided interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class NoLift:
    """Why there is no interval of a lift."""

    detail: str


def quantile(probability: float, degrees_of_freedom: float) -> float:
    """Quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, probability))


def upper_tail(statistic: float, degrees_of_freedom: float) -> float:
    """Probability that Student's t exceeds the statistic."""
    from scipy.special import stdtr

    return float(stdtr(degrees_of_freedom, -statistic))


def difference(means: TwoMeans, level: float) -> Difference:
    """Welch's t interval of `treatment - control` and its two-sided p-value; needs a variance above 0.

    `t = d / se` with Satterthwaite's degrees of freedom. Assumes independent units and samples large enough for means
    to be about normal; variances may differ between arms. Welch (1947), Biometrika 34.

    >>> from fractions import Fraction
    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(Fraction(1), summarise(Moments(4, 20, 110)), summarise(Moments(4, 12, 46)))
    >>> found = difference(post_stratified([pair]), 0.95)
    >>> found.value, round(found.lower, 3), round(found.upper, 3), round(found.p_value, 3)
    (2.0, -1.159, 5.159, 0.172)
    """
    value = float(means.treatment - means.control)
    std_error, degrees = means.error()
    critical_value = quantile((1 + level) / 2, degrees)
    half_width = critical_value * std_error
    p_value = 2 * upper_tail(abs(value) / std_error, degrees)
    return Difference(value, std_error, degrees, value - half_width, value + half_width, p_value, critical_value)


def lift(means: TwoMeans, level: float, critical_value: float | None = None) -> Lift | NoLift:
    """Fieller's interval of the lift, with the t quantile of the difference (given, where it is known).

    All lifts r - 1 with `(t - r c)^2 <= q^2 var(t - r c)`. At r = 1 this is the test of the difference, so the interval
    leaves out 0 exactly when the p-value of `difference` is below `1 - level`. Where the control mean is not clearly
    above 0 the set is unbounded, and where it is negative a lift has no direction: both are refused.
    Fieller (1954), JRSS B 16.

    >>> from fractions import Fraction
    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(Fraction(1), summarise(Moments(90, 990, 10_980)), summarise(Moments(90, 900, 9_090)))
    >>> found = lift(post_stratified([pair]), 0.95)
    >>> round(found.value, 3), round(found.lower, 4), round(found.upper, 4)
    (0.1, 0.0694, 0.1316)
    """
    if means.control <= 0:
        return NoLift("the control mean is not above 0")
    critical = quantile((1 + level) / 2, means.degrees_of_freedom()) if critical_value is None else critical_value
    bounds = lift_bounds(means, critical)
    if bounds is None:
        return NoLift(
            f"the control mean is not clearly above 0 (at level {level:g}), so a lift over it has no bounded interval"
        )
    return Lift(float(means.treatment / means.control - 1), *bounds)


def lift_bounds(means: TwoMeans, critical_value: float) -> tuple[float, float] | None:
    """Fieller's bounds for any critical value q; None where the set is not an interval.

    With variances v and covariance k the roots are `(c (t - c) - q^2 (k - v_c) +- s) / (c^2 - q^2 v_c)`, where
    `s^2 = q^2 (c^2 v_t - 2 t c k + t^2 v_c) + q^4 (k^2 - v_t v_c)`: written so that nothing large cancels.
    """
    treatment, control = float(means.treatment), float(means.control)
    of_treatment, of_control, shared = means.covariances()
    squared = critical_value**2
    curvature = control**2 - squared * of_control
    if curvature <= 0 or control <= 0:
        return None
    across = control**2 * of_treatment - 2 * treatment * control * shared + treatment**2 * of_control
    spread = sqrt(max(0.0, squared * across + squared**2 * (shared**2 - of_treatment * of_control)))
    centre = control * float(means.treatment - means.control) - squared * (shared - of_control)
    return (centre - spread) / curvature, (centre + spread) / curvature
