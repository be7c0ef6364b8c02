"""Nearest units on one score, by sorting: a unit's neighbours are a run of the sorted donors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import Places


class Matches(Protocol):
    """Who stands for whom: each asked unit has `counts` donors with equal shares, none where nobody is near."""

    @property
    def counts(self) -> Places: ...

    def means(self, values: Array) -> Array:
        """Of donors' values, by asked unit; NaN without donors."""

    def uses(self, power: int, given: Array | None = None) -> Array:
        """By donor, the sum over asked units of `given (1 / count)^power`."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Asked unit i has the donors `order[first[i]:last[i]]`."""

    order: Places
    first: Places
    last: Places

    @cached_property
    def counts(self) -> Places:
        return self.last - self.first

    def means(self, values: Array) -> Array:
        """
        >>> Runs(np.array([1, 0]), np.array([0, 1]), np.array([2, 1])).means(np.array([4.0, 2.0])).tolist()
        [3.0, nan]
        """
        ordered = values[self.order]
        centre = float(ordered.mean()) if len(ordered) else 0.0
        sums = np.concatenate([[0.0], np.cumsum(ordered - centre)])
        alone = ordered[np.minimum(self.first, len(ordered) - 1)]
        with np.errstate(invalid="ignore", divide="ignore"):
            several = centre + (sums[self.last] - sums[self.first]) / self.counts
        return np.where(self.counts == 1, alone, several)

    def uses(self, power: int, given: Array | None = None) -> Array:
        """
        >>> Runs(np.array([1, 0]), np.array([0, 1]), np.array([2, 2])).uses(1).tolist()
        [1.5, 0.5]
        """
        n, several = len(self.order), self.counts > 1
        each = np.ones(len(self.first)) if given is None else given
        single = self.counts == 1
        found = np.bincount(self.first[single], each[single], minlength=n + 1)
        shares = each[several] / self.counts[several].astype(np.float64) ** power
        ends = np.bincount(self.first[several], shares, minlength=n + 1)
        ends -= np.bincount(self.last[several], shares, minlength=n + 1)
        by_place = (found + np.cumsum(ends))[:n]
        uses = np.empty(n)
        uses[self.order] = by_place
        return uses


def nearest_on_score(
    asked: Array, donors: Array, neighbours: int, *, tie: float = 0.0, caliper: float = np.inf
) -> Runs:
    """The nearest donors of each asked score, and all that are as near: ties count in full.

    A donor ties if its squared distance exceeds that of the last neighbour by no more than `tie`. Beyond `caliper`
    nobody is near. Scores within 1e-14 of each other are equal.

    >>> found = nearest_on_score(np.array([0.5]), np.array([0.9, 0.6, 0.4, 0.6]), 1)
    >>> sorted(found.order[found.first[0]:found.last[0]].tolist())
    [1, 2, 3]
    """
    order = np.argsort(donors, kind="stable")
    ranked = donors[order]
    by_asked = np.argsort(asked, kind="stable")
    first, last = _runs(asked[by_asked], ranked, min(neighbours, len(ranked)), tie, caliper)
    found = Runs(order, np.empty(len(asked), dtype=np.intp), np.empty(len(asked), dtype=np.intp))
    found.first[by_asked], found.last[by_asked] = first, last
    return found


ROUNDING = 1e-14


def _runs(asked: Array, ranked: Array, neighbours: int, tie: float, caliper: float) -> tuple[Places, Places]:
    radius = _radius(asked, ranked, neighbours)
    radius = np.minimum(np.sqrt(radius**2 + tie), caliper) + ROUNDING
    return np.searchsorted(ranked, asked - radius, "left"), np.searchsorted(ranked, asked + radius, "right")


def _radius(asked: Array, ranked: Array, neighbours: int) -> Array:
    """Distance of the last of the nearest: the least reach of any run of that many donors."""
    place = np.searchsorted(ranked, asked)
    found = np.full(len(asked), np.inf)
    for back in range(neighbours + 1):
        start = np.clip(place - back, 0, len(ranked) - neighbours)
        reach = np.maximum(np.abs(asked - ranked[start]), np.abs(ranked[start + neighbours - 1] - asked))
        np.minimum(found, reach, out=found)
    return found
