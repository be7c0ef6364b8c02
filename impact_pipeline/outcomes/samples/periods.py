"""Days, weeks (from Monday), months, quarters and years by their first day."""

from __future__ import annotations

from datetime import date, timedelta

from impact_pipeline.catalog.samples import Period


def period_start(period: Period, day: date) -> date:
    """The first day of the period in which a day lies.

    >>> period_start("quarter", date(2026, 8, 20)), period_start("week", date(2026, 8, 20))
    (datetime.date(2026, 7, 1), datetime.date(2026, 8, 17))
    """
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def next_period(period: Period, starts: date) -> date:
    """The first day of the period after the one that starts on a day.

    >>> next_period("month", date(2026, 12, 1))
    datetime.date(2027, 1, 1)
    """
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[period]
    return period_start(period, starts + timedelta(days=longest))


def complete_periods(period: Period, first: date, last: date) -> list[date]:
    """Starts of the periods that lie wholly between two days, both included.

    >>> complete_periods("month", date(2026, 1, 1), date(2026, 3, 30))
    [datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)]
    """
    starts = period_start(period, first)
    found = []
    while next_period(period, starts) - timedelta(days=1) <= last:
        if starts >= first:
            found.append(starts)
        starts = next_period(period, starts)
    return found
