"""Averages of group-time effects: over everything, by time since adoption, by cohort, by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime

AggregationName = Literal["simple", "dynamic", "group", "calendar"]


@dataclass(frozen=True, eq=False)
class Average:
    """`value = weights @ effects`; weights come from the cohorts' shares, so `gradient` is in effects and shares.

    `position` is where a part of an average stands on its axis: time since adoption, or the place of a period.
    """

    position: int
    value: float
    weights: Array
    gradient: Array


@dataclass(frozen=True, eq=False)
class Aggregation:
    """An average of averages: `parts` by event time (also before adoption), cohort or period."""

    overall: Average
    parts: tuple[Average, ...] = ()


def aggregation(found: GroupTime, name: AggregationName) -> Aggregation:
    """`simple` averages all cells from adoption on, by the cohorts' shares.

    `dynamic` averages by event time, by shares, then event times from 0 on alike; `group` averages a cohort's periods
    alike, then cohorts by shares; `calendar` averages by period, by shares, then periods alike. Callaway, Sant'Anna
    (2021), section 3.

    >>> from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
    >>> from impact_pipeline.stats.staggered_adoption.group_time import group_time_effects
    >>> rows = np.array([[0.0, 1.0, 4.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    >>> cohorts = Cohorts(("1", "2", "3"), np.arange(3), np.array([1, 2, 3]), rows, np.ones(3))
    >>> effects = group_time_effects(cohorts)
    >>> [round(aggregation(effects, name).overall.value, 9) for name in ("simple", "dynamic", "group", "calendar")]
    [2.0, 2.5, 1.75, 1.75]
    """
    cells = found.cells
    after = [k for k, cell in enumerate(cells) if cell.event >= 0]
    if name == "simple":
        return Aggregation(by_share(found, after, 0))
    if name == "dynamic":
        events = sorted({cell.event for cell in cells})
        parts = tuple(by_share(found, [k for k, c in enumerate(cells) if c.event == event], event) for event in events)
        return Aggregation(alike([part for part in parts if part.position >= 0]), parts)
    if name == "group":
        labels = sorted({cells[k].cohort for k in after})
        parts = tuple(_of_cohort(found, [k for k in after if cells[k].cohort == label], label) for label in labels)
        return Aggregation(_cohorts_by_share(found, parts), parts)
    periods = sorted({cells[k].period for k in after})
    parts = tuple(by_share(found, [k for k in after if cells[k].period == period], period) for period in periods)
    return Aggregation(alike(parts), parts)


def by_share(found: GroupTime, places: Sequence[int], position: int) -> Average:
    """Cells weighted by their cohorts' shares, which are estimates themselves: the quotient rule."""
    own = [found.cohorts.labels.index(found.cells[k].cohort) for k in places]
    total = float(found.shares[own].sum())
    weights, in_shares = np.zeros(len(found.cells)), np.zeros(len(found.shares))
    weights[list(places)] = found.shares[own] / total
    value = float(weights @ found.effects)
    np.add.at(in_shares, own, (found.effects[list(places)] - value) / total)
    return Average(position, value, weights, np.concatenate([weights, in_shares]))


def alike(parts: Sequence[Average]) -> Average:
    """Parts averaged with equal weights."""
    return Average(
        0,
        float(np.mean([part.value for part in parts])),
        np.mean([part.weights for part in parts], axis=0),
        np.mean([part.gradient for part in parts], axis=0),
    )


def _of_cohort(found: GroupTime, places: Sequence[int], label: int) -> Average:
    gradient = np.zeros(len(found.cells) + len(found.shares))
    gradient[list(places)] = 1 / len(places)
    weights = gradient[: len(found.cells)]
    return Average(label, float(weights @ found.effects), weights, gradient)


def _cohorts_by_share(found: GroupTime, parts: Sequence[Average]) -> Average:
    own = [found.cohorts.labels.index(part.position) for part in parts]
    shares = found.shares[own] / found.shares[own].sum()
    value = float(sum(share * part.value for share, part in zip(shares, parts, strict=True)))
    weights = np.sum([share * part.weights for share, part in zip(shares, parts, strict=True)], axis=0)
    gradient = np.concatenate([weights, np.zeros(len(found.shares))])
    for place, part in zip(own, parts, strict=True):
        gradient[len(found.cells) + place] += (part.value - value) / float(found.shares[own].sum())
    return Average(0, value, weights, gradient)
