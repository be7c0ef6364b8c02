"""Which groups of units may be told: none too small, none ruled by one unit, none that follow from what is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

from impact_pipeline.catalog.disclosure import DisclosurePolicy
from impact_pipeline.stats.moments import Moments

Counts = Mapping[str, int]
"""Units by arm."""

Values = Mapping[str, Counts]

Group = tuple[str, str]
"""A segment and one of its values; two empty texts are all units."""

Why = Literal["small", "dominated", "near", "follows", "few_since"]
"""Fewer units than the policy asks for; a sum that may be one unit's; a group that another told one nearly equals; a
group whose number would follow from others; one that few units joined since a look that was told."""

EVERYONE: Group = ("", "")
FEWEST_TOGETHER = 2
"""Groups withheld of one segment: a single one would be the total less the others."""


@dataclass(frozen=True, slots=True)
class Margin:
    """Units of one reading at one look: over all, and by value of each segment, whose values part all units.

    `largest`: segment -> value -> the most of a sum that may be one unit's. `near` nearly equal another group.
    """

    whole: Counts
    segments: Mapping[str, Values] = field(default_factory=dict)
    largest: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    near: tuple[Group, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms with units at all."""
        return tuple(arm for arm, units in self.whole.items() if units)

    def unsafe(self, group: Group, share: float) -> Why | None:
        """Why a group of enough units is not told."""
        if self.largest.get(group[0], {}).get(group[1], 0.0) >= share:
            return "dominated"
        return "near" if group in self.near else None


@dataclass(frozen=True, slots=True)
class Telling:
    """What of a margin is told. `whole` is why nothing of it is; `groups`: segment -> value withheld -> why."""

    whole: Why | None = None
    groups: Mapping[str, Mapping[str, Why]] = field(default_factory=dict)

    def withheld(self, group: Group) -> Why | None:
        return self.whole or self.groups.get(group[0], {}).get(group[1])


Told = tuple[Margin, Telling]
ALL = Telling()


def told_of(margin: Margin, earlier: Sequence[Told], policy: DisclosurePolicy, also: Telling = ALL) -> Telling:
    """What is told of a look, after `earlier` ones; what `also` withholds of its segments is withheld here too."""
    before = [told for told in earlier if told[1].whole is None]
    why = _why_whole(margin, [known.whole for known, _ in before], policy)
    if why is not None:
        return Telling(why)
    segments = {name: _Segment(margin, name, before, policy) for name in margin.segments}
    found = {name: segment.withheld(also.groups.get(name, ())) for name, segment in segments.items()}
    return Telling(None, {name: withheld for name, withheld in found.items() if withheld})


def apart(a: Counts, b: Counts, least: int) -> bool:
    """Whether in every arm the difference is nobody, or at least so many units."""
    gaps = (abs(a.get(arm, 0) - b.get(arm, 0)) for arm in {*a, *b})
    return all(gap == 0 or gap >= least for gap in gaps)


def largest_share(moments: Moments) -> float:
    """The most that one unit may make of a sum: `sqrt(sum of squares) / sum`, whatever the signs; 0 where nothing is.

    Counts of units (values of 0 and 1) are no sums.

    >>> largest_share(Moments(n=20, y=900, yy=810_000)), largest_share(Moments(n=20, y=900, yy=32_400))
    (1.0, 0.2)
    """
    sums = ((moments.y, moments.yy, moments.y_scale), (moments.d, moments.dd, moments.d_scale))
    return max(_largest_share(int(total), int(squares), scale) for total, squares, scale in sums)


def _largest_share(total: int, squares: int, scale: int) -> float:
    if not squares or (scale == 0 and total == squares):
        return 0.0
    return min(1.0, sqrt(squares) / abs(total)) if total else 1.0


def _why_whole(margin: Margin, before: Sequence[Counts], policy: DisclosurePolicy) -> Why | None:
    least = policy.minimum_group_size
    if any(margin.whole[arm] < least for arm in margin.arms):
        return "small"
    unsafe = margin.unsafe(EVERYONE, policy.dominant_share)
    if unsafe is not None:
        return unsafe
    return None if all(apart(margin.whole, known, least) for known in before) else "few_since"


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment of a margin whose total is told."""

    margin: Margin
    name: str
    before: Sequence[Told]
    policy: DisclosurePolicy

    @property
    def values(self) -> Values:
        return self.margin.segments[self.name]

    def withheld(self, also: Collection[str]) -> dict[str, Why]:
        """Value -> why. With those that are withheld for themselves go the fewest units that hide them."""
        chosen = {value: why for value in sorted(self.values) if (why := self._why(value, also)) is not None}
        while not self._safe(chosen) and len(chosen) < len(self.values):
            chosen[self._next(chosen)] = "follows"
        return chosen

    def _why(self, value: str, also: Collection[str]) -> Why | None:
        group, counts = (self.name, value), self.values[value]
        if value in also or any(counts.get(arm, 0) < self.policy.minimum_group_size for arm in self.margin.arms):
            return "small"
        unsafe = self.margin.unsafe(group, self.policy.dominant_share)
        if unsafe is not None:
            return unsafe
        told = (known.segments[self.name] for known, said in self.before if self._was_told(known, said, value))
        least = self.policy.minimum_group_size
        return None if all(apart(counts, known[value], least) for known in told) else "few_since"

    def _was_told(self, known: Margin, said: Telling, value: str) -> bool:
        return value in known.segments.get(self.name, {}) and said.withheld((self.name, value)) is None

    def _next(self, chosen: Collection[str]) -> str:
        """The smallest value that makes the rest safe, or else the smallest."""
        others = sorted(set(self.values) - set(chosen), key=lambda value: (sum(self.values[value].values()), value))
        return next((value for value in others if self._safe({*chosen, value})), others[0])

    def _safe(self, chosen: Collection[str]) -> bool:
        """Whether the sum of the withheld, which follows from the total, may be known, beside earlier ones too."""
        together, least = _added(self.values, chosen), self.policy.minimum_group_size
        if chosen and (len(chosen) < FEWEST_TOGETHER or any(together.get(a, 0) < least for a in self.margin.arms)):
            return False
        return all(self._parted(known, said, frozenset(chosen)) for known, said in self.before)

    def _parted(self, known: Margin, said: Telling, now: frozenset[str]) -> bool:
        """Whether no two sums that are known, one of an earlier look and one of this, differ by few units."""
        then, values = frozenset(said.groups.get(self.name, ())), known.segments.get(self.name, {})
        least = self.policy.minimum_group_size
        return all(
            gap == 0 or gap >= least
            for before, after in _pairs(then, now, frozenset({*values, *self.values}))
            for gap in _gaps(values, before, self.values, after).values()
        )


Pair = tuple[frozenset[str], frozenset[str]]


def _pairs(then: frozenset[str], now: frozenset[str], everything: frozenset[str]) -> Iterator[Pair]:
    """Values of which the sum is known at an earlier look, and at this one; pairs that nearly are one another.

    Of either look the total is known, each value that is told, and the sum of those that are not.
    """
    if not then and not now:
        return
    yield everything, now
    if then & now:
        yield then, now
        yield then | now, then | now
        yield from ((then, frozenset({value})) for value in then - now)
        yield from ((frozenset({value}), now) for value in now - then)
    else:
        yield then, then
        yield now, now
        yield from ((then, frozenset({value})) for value in then)
        yield from ((frozenset({value}), now) for value in now)


def _gaps(before: Values, then: Collection[str], after: Values, now: Collection[str]) -> dict[str, int]:
    """By arm, how many units are in the one and not in the other; those of one value are taken to stay in it."""
    gaps: dict[str, int] = {}
    for value in {*then, *now}:
        a, b = (known.get(value, {}) if value in chosen else {} for known, chosen in ((before, then), (after, now)))
        for arm in {*a, *b}:
            gaps[arm] = gaps.get(arm, 0) + abs(a.get(arm, 0) - b.get(arm, 0))
    return gaps


def _added(values: Values, chosen: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in chosen:
        for arm, units in values.get(value, {}).items():
            found[arm] = found.get(arm, 0) + units
    return found
