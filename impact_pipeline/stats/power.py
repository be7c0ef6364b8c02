"""Power of a t or z test of one number with a standard error: how often an effect is found, and the least one found."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import numpy as np

from impact_pipeline.stats.inference import quantile
from impact_pipeline.stats.unit_variance import Number

Sides = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why a plan has no number."""

    detail: str


def critical_value_of(alpha: float, sides: Sides = 2, df: float | None = None) -> float:
    """The statistic beyond which a test of size alpha rejects: Student's t, normal without degrees of freedom.

    >>> round(critical_value_of(0.05), 3), round(critical_value_of(0.05, 1, 10), 3)
    (1.96, 1.812)
    """
    return float(quantile(1 - alpha / sides, inf if df is None else df))


def power_of(
    effect: Number,
    std_error: Number,
    alpha: float = 0.05,
    sides: Sides = 2,
    df: float | None = None,
    *,
    critical_value: float | None = None,
) -> Number:
    """Chance that `estimate / se` passes the critical value (in either direction, two-sided); elementwise.

    The statistic is a noncentral t of noncentrality `effect / se`, normal without degrees of freedom. One-sided, an
    effect above 0 lies in the tested direction; for non-inferiority it is counted from the margin. A critical value
    given takes the place of alpha's: with that of a confidence sequence at the last look this is the power at that
    look, a lower bound of the chance to pass at any. Cohen (1988), Statistical Power Analysis, chapter 2.

    >>> round(power_of(1.0, (2 / 20) ** 0.5, df=38), 4)
    0.869
    """
    threshold = critical_value_of(alpha, sides, df) if critical_value is None else critical_value
    shift = effect / std_error
    if sides == 1:
        return exceedance(shift, threshold, df)
    return exceedance(shift, threshold, df) + exceedance(-shift, threshold, df)


def exceedance(shift: Number, threshold: float, df: float | None = None) -> Number:
    """Chance that a t of this noncentrality (a normal of this mean, without degrees of freedom) exceeds the threshold.

    >>> exceedance(1.5, 1.5)
    0.5
    """
    if df is None or df == inf:
        from scipy.special import ndtr

        return _like(shift, ndtr(shift - threshold))
    from scipy.stats import nct

    return _like(shift, nct.sf(threshold, df, shift))


def noncentrality(power: float, critical_value: float, sides: Sides = 2, df: float | None = None) -> float:
    """How many standard errors an effect must measure to be found with this power; needs a power above the test's size.

    >>> round(noncentrality(0.8, critical_value_of(0.05)), 3)
    2.802
    """
    from scipy.optimize import brentq

    size = power_of(0.0, 1.0, sides=sides, df=df, critical_value=critical_value)
    if not size < power < 1:
        raise ValueError(f"a power of {power:g} does not lie between the test's size, {size:.3g}, and 1")

    def shortfall(shift: float) -> float:
        return power - power_of(shift, 1.0, sides=sides, df=df, critical_value=critical_value)

    upper = critical_value + 1
    while shortfall(upper) > 0:
        upper *= 2
    return float(brentq(shortfall, 0.0, upper, xtol=1e-13, rtol=1e-13))


def minimal_effect(
    std_error: Number,
    alpha: float = 0.05,
    power: float = 0.8,
    sides: Sides = 2,
    df: float | None = None,
    *,
    critical_value: float | None = None,
) -> Number:
    """The minimal detectable effect: the least one found with this power, a multiple of the standard error.

    >>> round(minimal_effect(0.5), 3)
    1.401
    """
    threshold = critical_value_of(alpha, sides, df) if critical_value is None else critical_value
    return noncentrality(power, threshold, sides, df) * std_error


def _like(given: Number, found: Any) -> Number:
    shaped: Number = found if isinstance(given, np.ndarray) else float(found)
    return shaped
