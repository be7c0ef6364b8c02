"""Money of a study's effect."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.estimators.base import Contrast, Interval


@dataclass(frozen=True, slots=True)
class Impact:
    """What the change would bring over the horizon if every unit were treated, in `currency`.

    `effect per unit x units a day x horizon days x value per unit`; the interval is the effect's interval scaled.
    """

    study: str
    metric: str
    contrast: Contrast
    currency: str
    horizon_days: int
    units_per_day: float
    value_per_unit: float
    amount: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class NoImpact:
    """Why there is no amount of money."""

    study: str
    detail: str
