"""The half-open bounds [day, day + 1) of a UTC day, in the type in which a source keeps its days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

DayType = Literal["timestamp", "date", "iso_text"]
Bound = datetime | date | str


def day_bounds(day: date, day_type: DayType) -> tuple[Bound, Bound]:
    """First bound inside, second outside. ISO 8601 text in UTC sorts like its instants, so its bounds are dates."""
    following = day + timedelta(days=1)
    match day_type:
        case "timestamp":
            return datetime.combine(day, time(), UTC), datetime.combine(following, time(), UTC)
        case "date":
            return day, following
        case "iso_text":
            return day.isoformat(), following.isoformat()
