"""How many units stand behind each number of a look: what decides which of them may be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.governance.disclosure import Counts, Margin, largest_share
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cells, Group
from impact_pipeline.stats.moments import Moments

T = TypeVar("T")

ByDay = Mapping[str, Counts]
"""Day -> units whose window had closed by it."""


@dataclass(frozen=True, slots=True)
class Margins:
    """Of one look, by key of a reading; `EXPOSED` counts all units, whether or not a window has closed.

    `by_day` are those of earlier days, `other` those on the basis that does not decide.
    """

    cells: str
    readings: Mapping[str, Margin]
    by_day: Mapping[str, ByDay] = field(default_factory=dict)
    other: Mapping[str, Margin] = field(default_factory=dict)


def margins_of(study: Study, cells: Cells, as_of: date) -> tuple[dict[str, Margin], dict[str, ByDay]]:
    """By key of a reading; days of the metrics' own readings alone, which have a trajectory, and of exposures."""
    readings = {key: _margin(study, cells, key) for key in (EXPOSED, *cells.whole)}
    own = {EXPOSED: 0, **{metric.name: metric.last_day for metric in study.metrics if metric.name in cells.whole}}
    return readings, {name: dict(_by_day(study, cells, name, last, as_of)) for name, last in own.items()}


def _margin(study: Study, cells: Cells, key: str) -> Margin:
    found = {group: _moments(study, cells, key, group) for group in (ALL_UNITS, *cells.segments())}
    counts = {group: {arm: int(own.n) for arm, own in by_arm.items()} for group, by_arm in found.items()}
    shares = {group: max(map(largest_share, by_arm.values())) for group, by_arm in found.items()}
    whole = counts.pop(ALL_UNITS)
    return Margin(whole, _nested(counts), _nested({group: share for group, share in shares.items() if share}))


def _moments(study: Study, cells: Cells, key: str, group: Group) -> dict[str, Moments]:
    return {arm: cells.moments(key, arm, group) for arm in study.arms}


def _nested(by_group: Mapping[Group, T]) -> dict[str, dict[str, T]]:
    found: dict[str, dict[str, T]] = {}
    for (segment, value), one in by_group.items():
        found.setdefault(segment, {})[value] = one
    return found


def _by_day(study: Study, cells: Cells, key: str, last_day: int, as_of: date) -> Iterator[tuple[str, Counts]]:
    """From the first day on which a window has closed."""
    cohorts, place = cells.axes.cohorts, cells.axes.place
    units = np.asarray(cells.dense(key).n)[:, :, place[ALL_UNITS]].cumsum(axis=0)
    closed = [day + timedelta(days=last_day) for day in cohorts]
    for day in (closed[0] + timedelta(days=n) for n in range((as_of - closed[0]).days + 1)):
        newest = sum(1 for one in closed if one <= day) - 1
        yield day.isoformat(), {arm: int(units[newest, place[arm]]) for arm in study.arms if arm in place}
