"""Exact distributions of events of units: integers per bucket of values that add up over groups of units.

They hold, at every cut between buckets, the share of events at or below it with the variance that randomised units give
it, whether a unit has one event (its own total) or thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.buckets import Ties, buckets_of, value_within
from impact_pipeline.stats.two_means import as_written

Integers = NDArray[Any]
"""64-bit integers, or Python's where those would not do."""

BIGINT_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class Share:
    """The share of events at or below a cut, with its variance over randomised units."""

    value: float
    variance: float


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Events of n units, N_i of unit i, as scaled integers (`value / 10**scale`) in buckets of `digits` leading digits.

    `d` and `dd` are the sums of N_i and of N_i^2. With c_ib the unit's events in bucket b and I_ib those at or below
    it, bucket b of `buckets` (ascending) has `counts` sum of c_ib, `squares` sum of I_ib^2 less that of the bucket
    before, and `products` sum of c_ib N_i: running totals of the three are the sums of I_ib, I_ib^2 and I_ib N_i.
    Units without an event are only in n. Of a unit-level metric, each unit has one event: its total.
    """

    n: int
    d: int
    dd: int
    buckets: Integers
    counts: Integers
    squares: Integers
    products: Integers
    digits: int
    scale: int = 0

    def __post_init__(self) -> None:
        for name in ("n", "d", "dd"):
            object.__setattr__(self, name, int(getattr(self, name)))
        kind = np.int64 if self.dd < BIGINT_LIMIT else object
        object.__setattr__(self, "buckets", np.asarray(self.buckets, dtype=np.int64))
        for name in ("counts", "squares", "products"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=kind))
        totals = (self.counts.sum(), self.squares.sum(), self.products.sum())
        if totals != (self.d, self.dd, self.dd) or (np.diff(self.buckets) <= 0).any():
            raise ValueError("buckets of a distribution are in order, and add up to all of its events")

    @classmethod
    def from_events(cls, units: ArrayLike, values: ArrayLike, digits: int, scale: int = 0) -> Self:
        """The distribution of events given as rows: whose (any labels) and how large (scaled integers).

        >>> found = Distribution.from_events(["ann", "ann", "bob"], [120, 340, 120], digits=3)
        >>> found.n, found.d, found.dd, found.counts.tolist(), found.squares.tolist(), found.products.tolist()
        (2, 3, 5, [2, 1], [2, 3], [3, 2])
        """
        labels, unit = np.unique(np.asarray(units), return_inverse=True)
        names, bucket = np.unique(buckets_of(values, digits), return_inverse=True)
        events = np.bincount(unit, minlength=len(labels))
        pairs, held = np.unique(unit * max(1, len(names)) + bucket, return_counts=True)
        owner, place = np.divmod(pairs, max(1, len(names)))
        reached = np.cumsum(held) - (np.cumsum(events) - events)[owner]
        of_pairs = (held, reached**2 - (reached - held) ** 2, held * events[owner])
        counts, squares, products = (_added_up(part, place, len(names)) for part in of_pairs)
        d, dd = int(events.sum()), int((events**2).sum())
        return cls(len(labels), d, dd, names, counts, squares, products, digits, scale)

    def __add__(self, other: Self) -> Distribution:
        """The distribution of the union of two disjoint groups of units."""
        return merged([self, other])

    def share_at(self, bucket: int) -> Share:
        """Share of events in this bucket or below, by the delta method; needs n >= 2 and an event.

        `F = sum of I_i / sum of N_i` with variance `(s_II - 2 F s_IN + F^2 s_NN) / (n Nbar^2)`, s sample covariances:
        exact up to its last rounding, because the residuals `I_i - F N_i` add up to 0.
        Deng, Knoblich, Lu (2018), KDD, "Applying the Delta Method in Metric Analytics", section 4.

        >>> Distribution.from_events([1, 1, 2, 2], [5, 8, 5, 5], digits=2).share_at(5)
        Share(value=0.75, variance=0.0625)
        """
        upto = int(np.searchsorted(self.buckets, bucket, side="right"))
        at, squares, products = (int(part[:upto].sum()) for part in (self.counts, self.squares, self.products))
        residuals = self.d**2 * squares - 2 * self.d * at * products + at**2 * self.dd
        return Share(at / self.d, self.n * residuals / ((self.n - 1) * self.d**4))

    def bucket_at(self, probability: float) -> int:
        """The bucket of the smallest value with a share `probability` (in 0..1) of events at or below it."""
        return int(self.buckets[self._position(probability)[0]])

    def quantile(self, probability: float, ties: Ties = "discrete") -> float:
        """The quantile: of discrete ties exact where its bucket has one value, else as if evenly spread over it.

        `probability` is the decimal number it is written as, so 0.95 of 20 events is the 19th. Needs an event.

        >>> Distribution.from_events(range(5), [11, 12, 13, 14, 99], digits=2, scale=1).quantile(0.6)
        1.3
        """
        index, position = self._position(probability)
        return value_within(int(self.buckets[index]), self.digits, float(position), ties) / float(10**self.scale)

    def _position(self, probability: float) -> tuple[int, Fraction]:
        """The index of the bucket a quantile is in, and the share of the bucket's events at or below it."""
        if not 0 < probability <= 1:
            raise ValueError(f"probability: {probability:g} is not above 0 and at most 1")
        rank = as_written(float(probability)) * self.d
        cumulative = np.cumsum(self.counts)
        index = int(np.searchsorted(cumulative, ceil(rank)))
        below = int(cumulative[index] - self.counts[index])
        return index, (rank - below) / int(self.counts[index])


def merged(parts: Sequence[Distribution]) -> Distribution:
    """The distribution of the union of disjoint groups of units, in buckets of the same digits and scale.

    >>> ann = Distribution.from_events(["ann", "ann"], [120, 340], digits=3)
    >>> found = merged([ann, Distribution.from_events(["bob"], [120], digits=3)])
    >>> found.n, found.buckets.tolist(), found.squares.tolist()
    (2, [120, 340], [2, 3])
    """
    kinds = {(part.digits, part.scale) for part in parts}
    if len(kinds) != 1:
        raise ValueError("distributions add up when there are some, in buckets of the same digits and scale")
    dd = sum(part.dd for part in parts)
    names = np.concatenate([part.buckets for part in parts])
    order = np.argsort(names, kind="stable")
    starts = np.flatnonzero(np.diff(names[order], prepend=names[order][:1] - 1))
    kind = np.int64 if dd < BIGINT_LIMIT else object
    columns = ([getattr(part, name).astype(kind) for part in parts] for name in ("counts", "squares", "products"))
    counts, squares, products = (np.add.reduceat(np.concatenate(column)[order], starts) for column in columns)
    n, d = sum(part.n for part in parts), sum(part.d for part in parts)
    return Distribution(n, d, dd, names[order][starts], counts, squares, products, *kinds.pop())


def _added_up(part: Integers, bucket: Integers, buckets: int) -> Integers:
    sums = np.zeros(buckets, dtype=np.int64)
    np.add.at(sums, bucket, part)
    return sums
