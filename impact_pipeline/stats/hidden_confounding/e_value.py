"""E-values: how strongly a hidden confounder would have to go with treatment and outcome, in risk ratios.

VanderWeele, Ding (2017), Sensitivity analysis in observational research, Annals of Internal Medicine 167. Other effects
are turned into risk ratios first: odds ratios, hazard ratios, differences of means in standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.moments import Real

PER_STANDARD_DEVIATION = 0.91
"""`ln RR = 0.91 d` of a difference d in standard deviations: half of Chinn's (2000) pi / sqrt(3)."""
INTERVAL_PER_ERROR = 1.78
"""The 95 % half-width of `ln RR` by standard error of d: 0.91 times 1.96."""


@dataclass(frozen=True, slots=True)
class EValue:
    """Of the estimate, and of the interval's bound that is nearer to 1 (1 where the interval holds 1)."""

    point: float
    interval: float
    risk_ratio: float
    lower: float
    upper: float


def e_value(risk_ratio: Real) -> Real:
    """`RR + sqrt(RR (RR - 1))`, of `1 / RR` below 1: the risk ratio with both that explains the effect away.

    >>> round(float(e_value(3.9)), 2), round(float(e_value(1 / 3.9)), 2), float(e_value(1.0))
    (7.26, 7.26, 1.0)
    """
    given = np.asarray(risk_ratio, dtype=np.float64)
    if not (given > 0).all():
        raise ValueError("a risk ratio is above 0")
    away = np.maximum(given, 1 / given)
    found = away + np.sqrt(away * (away - 1))
    return found if isinstance(risk_ratio, np.ndarray) else float(found)


def of_risk_ratio(risk_ratio: float, lower: float, upper: float) -> EValue:
    """
    >>> found = of_risk_ratio(3.9, 1.8, 8.7)
    >>> round(found.point, 2), round(found.interval, 2)
    (7.26, 3.0)
    """
    if not 0 < lower <= risk_ratio <= upper:
        raise ValueError(f"a risk ratio lies within its interval above 0, not {risk_ratio} in {lower} to {upper}")
    nearer = 1.0 if lower <= 1 <= upper else min(lower, upper, key=lambda bound: abs(np.log(bound)))
    return EValue(float(e_value(risk_ratio)), float(e_value(nearer)), risk_ratio, lower, upper)


def of_odds_ratio(odds_ratio: float, lower: float, upper: float, *, rare: bool = False) -> EValue:
    """Of a rare outcome (below 15 %) the odds ratio is the risk ratio, of a common one its root is near it.

    >>> found = of_odds_ratio(0.86, 0.75, 0.99)
    >>> round(found.point, 2), round(found.interval, 2)
    (1.37, 1.08)
    """
    power = 1.0 if rare else 0.5
    return of_risk_ratio(odds_ratio**power, lower**power, upper**power)


def of_hazard_ratio(hazard_ratio: float, lower: float, upper: float, *, rare: bool = False) -> EValue:
    """Of a common outcome `(1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR))`.

    >>> round(of_hazard_ratio(0.56, 0.46, 0.69).point, 2)
    2.35
    """

    def ratio(hazard: float) -> float:
        return hazard if rare else float((1 - 0.5**hazard**0.5) / (1 - 0.5**hazard**-0.5))

    return of_risk_ratio(ratio(hazard_ratio), ratio(lower), ratio(upper))


def of_difference(difference: float, std_error: float) -> EValue:
    """Of a difference of means in standard deviations of the outcome: `RR = exp(0.91 d)`, `exp(0.91 d +- 1.78 se)`.

    >>> found = of_difference(0.5, 0.25)
    >>> round(found.risk_ratio, 3), round(found.point, 3), round(found.interval, 3)
    (1.576, 2.529, 1.111)
    """
    centre, half = PER_STANDARD_DEVIATION * difference, INTERVAL_PER_ERROR * std_error
    return of_risk_ratio(float(np.exp(centre)), float(np.exp(centre - half)), float(np.exp(centre + half)))
