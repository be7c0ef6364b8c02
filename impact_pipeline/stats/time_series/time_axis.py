"""Where periods lie on a regular axis: gaps keep their width, and the step tells the usual season."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.refusal import Refusal

Places = NDArray[np.intp]
Step = Literal["day", "week", "month", "quarter", "year", "period"]

USUAL_SEASON = {"day": 7, "month": 12, "quarter": 4}
"""Steps of one round of the season that most series of such a step have."""
WIDEST = 50
"""Steps of the axis for each period that is there, beyond which periods are no series."""


@dataclass(frozen=True, slots=True, eq=False)
class TimeAxis:
    """`places` count steps from the first period, increasing; a gap of one missing period is a difference of 2."""

    places: Places
    step: Step

    @property
    def length(self) -> int:
        """Steps from the first to the last period, both counted."""
        return int(self.places[-1]) + 1 if len(self.places) else 0


def time_axis(periods: Sequence[str], days: Sequence[date] | None = None) -> TimeAxis | Refusal:
    """The axis of periods in order: dates by months where all fall on one day of the month, else by days.

    Labels that are whole numbers are taken as times; other labels follow each other without gaps.

    >>> time_axis(["1970", "1971", "1973"]).places.tolist()
    [0, 1, 3]
    >>> axis = time_axis(["a", "b"], [date(2024, 1, 31), date(2024, 2, 29)])
    >>> axis.places.tolist(), axis.step
    ([0, 1], 'month')
    """
    times, widest = _times(periods, days)
    differences = np.diff(times)
    if (differences <= 0).any():
        at = int(np.argmax(differences <= 0)) + 1
        told = "stands twice: sum or average its rows first" if differences[at - 1] == 0 else "is not in order: sort"
        return Refusal("measure_undefined", f"period '{periods[at]}' {told}")
    unit = int(np.gcd.reduce(differences)) if len(differences) else 1
    places = (times - times[:1]) // unit
    if len(places) and places[-1] >= WIDEST * len(places):
        detail = f"{len(places)} periods are scattered over {places[-1] + 1} steps; take longer periods"
        return Refusal("too_few_periods", detail)
    return TimeAxis(places.astype(np.intp), _step(widest, unit))


def _times(periods: Sequence[str], days: Sequence[date] | None) -> tuple[NDArray[np.int64], str]:
    """Whole times of the periods, and what they count."""
    if days is not None:
        if _on_one_day_of_the_month(days):
            return np.array([12 * day.year + day.month for day in days], dtype=np.int64), "month"
        return np.array([day.toordinal() for day in days], dtype=np.int64), "day"
    try:
        values = np.array([float(label) for label in periods], dtype=np.float64)
    except ValueError:
        return np.arange(len(periods)), "period"
    whole = np.isfinite(values).all() and bool((values == np.round(values)).all())
    return (values.astype(np.int64) if whole else np.arange(len(periods))), "period"


def _on_one_day_of_the_month(days: Sequence[date]) -> bool:
    same = len({day.day for day in days}) == 1
    return len(days) > 1 and (same or all((day + timedelta(days=1)).day == 1 for day in days))


def _step(counted: str, unit: int) -> Step:
    named: dict[tuple[str, int], Step] = {
        ("day", 1): "day",
        ("day", 7): "week",
        ("month", 1): "month",
        ("month", 3): "quarter",
        ("month", 12): "year",
    }
    return named.get((counted, unit), "period")
