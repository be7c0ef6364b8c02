"""How long a study must enrol: units needed against the units that history lets expect, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.power import NoPlan

WEEK = 7
LONGEST_DAYS = 730
"""Two years: units and products change too much for a longer enrolment to be planned."""

Flow = Literal["steady", "first_contact"]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Duration:
    """`look_day` counts from the first day of enrolment (0) to the data day that closes the last unit's window.

    `units` are those expected by the end of enrolment.
    """

    enrolment_days: int
    look_day: int
    units: float


def duration(
    history: Sequence[float],
    units: float,
    window_days: int,
    *,
    flow: Flow = "steady",
    gap_days: int = 0,
    traffic_share: float = 1.0,
    whole_weeks: bool = False,
) -> Duration | NoPlan:
    """Days of enrolment until the units are expected, and the planned look: `enrolment_days + window_days - 2`.

    For history, flow and gap see `expected_arrivals`. A window ends `window_days - 1` days after its unit's exposure,
    its delay included. `traffic_share` of the arrivals enter the study; `whole_weeks` rounds enrolment up to weeks.

    >>> duration([100, 100, 100, 100, 100, 20, 20], 1_000, window_days=7)
    Duration(enrolment_days=12, look_day=17, units=1040.0)
    """
    if (refused := _refused(history)) is not None:
        return refused
    enrolled = np.cumsum(traffic_share * expected_arrivals(history, LONGEST_DAYS, flow=flow, gap_days=gap_days))
    if enrolled[-1] < units:
        return NoPlan(f"{units:,.0f} units are needed, and only {enrolled[-1]:,.0f} expected in {LONGEST_DAYS} days")
    days = 1 + int(np.searchsorted(enrolled, units))
    if whole_weeks:
        days = WEEK * ceil(days / WEEK)
    return Duration(days, days + window_days - 2, float(enrolled[min(days, LONGEST_DAYS) - 1]))


def expected_arrivals(history: Sequence[float], days: int, *, flow: Flow = "steady", gap_days: int = 0) -> Array:
    """New units on each day of enrolment, from those of consecutive days of history, a week of them at least.

    steady: each weekday brings its mean over history (units new to the product, say); enrolment starts `gap_days` after
    the day that follows history. first_contact: history counts each unit on its first day within it, so that its first
    day is like a study's first day and regulars run out; it is replayed from the start, and then its last week repeats.

    >>> expected_arrivals([9, 8, 7, 6, 5, 4, 3, 2], 3).tolist()
    [8.0, 7.0, 6.0]
    >>> expected_arrivals([9, 8, 7, 6, 5, 4, 3, 2], 10, flow="first_contact").tolist()[-4:]
    [3.0, 2.0, 8.0, 7.0]
    """
    known = np.asarray(history, dtype=np.float64)
    day = np.arange(days)
    if flow == "first_contact":
        beyond = len(known) - WEEK + (day - len(known)) % WEEK
        return np.asarray(known[np.where(day < len(known), day, beyond)])
    weekday = np.arange(len(known)) % WEEK
    means = np.bincount(weekday, known) / np.bincount(weekday)
    return np.asarray(means[(len(known) + gap_days + day) % WEEK])


def _refused(history: Sequence[float]) -> NoPlan | None:
    if len(history) < WEEK:
        return NoPlan(f"history covers {len(history)} days; a weekly pattern needs {WEEK}")
    if not all(arrivals >= 0 for arrivals in history):
        raise ValueError("arrivals of a day lie below 0 or are missing")
    return NoPlan("no unit arrived in history") if not any(history) else None
