"""Which days of the past stand for a study: those whose windows have closed, with what covariates look back on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.stats.duration import WEEK

DAYS = 28
"""Days of history that are read unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class Period:
    """First contacts from `first` to `last` count. `unread` names metrics whose windows no unit of them has closed."""

    first: date
    last: date
    unread: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def period_of(
    contacts: Collection[date],
    newest: date,
    last_days: Mapping[str, int],
    known_from: Mapping[str, date],
    days: int = DAYS,
) -> Period | None:
    """The newest `days` at most; None where no metric can be read at all.

    `contacts` are published days of the population, `newest` the newest day of all facts, `last_days` the last day of
    each metric's windows. Of each covariate, `known_from` is the first day on which all that it looks back on is there:
    history starts no earlier if that leaves a week. Where the longest window leaves no week, that metric is unread.

    >>> published = [date(2026, 3, n) for n in range(1, 31)]
    >>> found = period_of(published, date(2026, 3, 30), {"orders": 6}, {"orders_before": date(2026, 3, 15)})
    >>> (found.first.isoformat(), found.last.isoformat(), found.days)
    ('2026-03-15', '2026-03-24', 10)
    """
    if not contacts or not last_days:
        return None
    earliest = min(contacts)
    window = _longest(earliest, newest, last_days)
    last = min(max(contacts), newest - timedelta(days=window))
    if last < earliest:
        return None
    first = max(earliest, last - timedelta(days=days - 1))
    wanted = max([first, *known_from.values()])
    if (last - wanted).days + 1 >= WEEK:
        first = wanted
    unread = {name: _unread(last_day, last) for name, last_day in last_days.items() if last_day > window}
    return Period(first, last, unread, tuple(_half_known(known_from, first)))


def _longest(earliest: date, newest: date, last_days: Mapping[str, int]) -> int:
    """The longest window that leaves a week of units, or else the shortest of all."""
    fitting = [n for n in last_days.values() if (newest - earliest).days + 1 - n >= WEEK]
    return max(fitting, default=min(last_days.values()))


def _unread(last_day: int, last: date) -> str:
    return f"its windows end {last_day} days after exposure: for units of up to {last} they have not all closed"


def _half_known(known_from: Mapping[str, date], first: date) -> list[str]:
    return [
        f"covariate '{name}' knows all that it looks back on from {since} only, history starts on {first}: "
        "it will explain more than is counted here"
        for name, since in known_from.items()
        if since > first
    ]
