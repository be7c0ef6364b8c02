"""The trend of a metric over days since exposure, as one exact number per unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.catalog.metrics.readings import TREND, Reading, UnitTotal, UnitValue

FEWEST_DAYS = 3
"""Two days have a difference, but no trend that could be told from it."""


def trend_of(reading: Reading, window: Window) -> Reading | None:
    """The mean over units of `sum over days of (2 * day - first - last) * value`, over the mean of their totals.

    It says whether values lie early or late in the window. A constant effect per day, in per cent, multiplies both and
    leaves their ratio as it is, whatever days are like for control; one that wears off lowers it. None where days do
    not add up. It is of the numerator of a ratio, and is not capped.

    >>> from impact_pipeline.catalog.metrics.readings import of
    >>> total = UnitTotal("orders", Window(days=3), "rows")
    >>> found = trend_of(Reading("", "Orders", "mean", of(total)), Window(days=3))
    >>> [(int(weight), total.weight_by_day) for weight, total in found.y.terms], found.d == of(total)
    ([(2, True), (-2, False)], True)
    """
    if window.days < FEWEST_DAYS or reading.form == "quantile" or reading.y.at_least is not None:
        return None
    terms = [(factor, total) for factor, total in reading.y.terms if isinstance(total, UnitTotal)]
    if len(terms) < len(reading.y.terms) or any(total.aggregate == "days" for _, total in terms):
        return None
    middle = Decimal(window.start_day + window.last_day)
    by_day = ((2 * factor, replace(total, weight_by_day=True)) for factor, total in terms)
    level = ((-middle * factor, total) for factor, total in terms)
    trend, whole = UnitValue((*by_day, *level)), UnitValue(reading.y.terms)
    return Reading(TREND, f"{reading.label}, trend over days", "ratio", trend, whole, internal=True)
