"""The trend of a metric over days since exposure, as one exact number per unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.catalog.metrics.readings import TREND, Reading, UnitTotal, UnitValue

FEWEST_DAYS = 3
"""Two days have a difference, but no trend that could be told from it."""


def trend_of(reading: Reading, window: Window) -> Reading | None:
    """The mean over units of `sum over days of (2 * day - first - last) * value`; None where days do not add up.

    A constant effect per day leaves it at zero, as the weights add up to zero; one that wears off makes it negative. It
    is of the numerator of a ratio, and is not capped.

    >>> from impact_pipeline.catalog.metrics.readings import of
    >>> total = UnitTotal("orders", Window(days=3), "rows")
    >>> found = trend_of(Reading("", "Orders", "mean", of(total)), Window(days=3))
    >>> [(int(weight), total.weight_by_day) for weight, total in found.y.terms]
    [(2, True), (-2, False)]
    """
    if window.days < FEWEST_DAYS or reading.form == "quantile" or reading.y.at_least is not None:
        return None
    terms = [(factor, total) for factor, total in reading.y.terms if isinstance(total, UnitTotal)]
    if len(terms) < len(reading.y.terms) or any(total.aggregate == "days" for _, total in terms):
        return None
    middle = Decimal(window.start_day + window.last_day)
    by_day = ((2 * factor, replace(total, weight_by_day=True)) for factor, total in terms)
    level = ((-middle * factor, total) for factor, total in terms)
    return Reading(TREND, f"{reading.label}, trend over days", "mean", UnitValue((*by_day, *level)), internal=True)
