"""From cells to strata: moments by arm within phases of constant shares, for many groups of units at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.kept import Kept
from impact_pipeline.estimators.question import Arm, Mask, Stratum
from impact_pipeline.outcomes.cells import ALL_UNITS, Group
from impact_pipeline.outcomes.phases import RandomisationPhase
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import unit_weights
from impact_pipeline.stats.two_means import added

FEWEST_UNITS = 2
"""A variance needs two units."""


@dataclass(frozen=True, slots=True)
class Part:
    """One phase (or one segment value in it): planned shares, and what was measured of each arm in each group."""

    name: str
    shares: Mapping[str, float]
    arms: Mapping[str, Arm]


@dataclass(frozen=True, slots=True)
class Stratified:
    """Strata of one contrast. `notes` tells, of a group, which of its phases are left out and why."""

    strata: tuple[Stratum, ...]
    notes: Callable[[int], tuple[str, ...]]


def parts_by_segment(kept: Kept, phases: Sequence[RandomisationPhase], groups: Sequence[Group]) -> tuple[Part, ...]:
    """Groups are segment values (or all units)."""
    places = [kept.cells.axes.place[group] for group in groups]

    def arm_of(phase: RandomisationPhase, arm: str) -> Arm:
        days, a = kept.cells.places_of(phase.cohorts), kept.cells.axes.place.get(arm)
        if a is None:
            return _nobody(kept, len(groups))
        moments = kept.moments.each(lambda sums: sums[days, a][:, places].sum(axis=0))
        clusters = _clusters(kept, days, a, [len(days)] * len(groups))
        return Arm(moments, _distributions(kept, days, a, places), clusters, kept.cells.clusters())

    return tuple(Part(p.name, p.shares, {arm: arm_of(p, arm) for arm in p.shares}) for p in phases)


def parts_by_value(kept: Kept, segment: str, parts_of: Callable[[Group], tuple[Part, ...]]) -> tuple[Part, ...]:
    """All units split by the values of a segment within each phase; `parts_of` gives the phases of one value."""
    found: list[Part] = []
    for group in (g for g in kept.cells.segments() if g[0] == segment):
        parts = parts_of(group)
        for part in parts:
            where = f"{segment} '{group[1]}'" if len(parts) == 1 else f"{segment} '{group[1]}' in {part.name}"
            found.append(Part(where, part.shares, part.arms))
    return tuple(found)


def parts_by_look(
    kept: Kept,
    phases: Sequence[RandomisationPhase],
    looks: Sequence[date],
    last_day: int,
    groups: Sequence[Group] = (ALL_UNITS,),
) -> tuple[Part, ...]:
    """Looks at the same units; of several groups, all groups of the first look, then of the second, and so on.

    A look counts the cohorts whose window, `last_day` days long, has closed by then.
    """
    cells = kept.cells
    places = [cells.axes.place[group] for group in groups]

    def arm_of(phase: RandomisationPhase, arm: str) -> Arm:
        days, a = cells.places_of(phase.cohorts), cells.axes.place.get(arm)
        if a is None:
            return _nobody(kept, len(looks) * len(groups))
        closed = [cells.axes.cohorts[place].toordinal() + last_day for place in days]
        counted: list[int] = np.searchsorted(closed, [look.toordinal() for look in looks], side="right").tolist()

        def so_far(sums: NDArray[np.object_]) -> NDArray[np.object_]:
            summed = np.cumsum(sums[days, a][:, places], axis=0)
            return np.concatenate([np.zeros((1, len(places)), dtype=object), summed])[counted].ravel()

        found = (_distributions(kept, days[:count], a, places) for count in counted)
        distributions = tuple(d for one in found for d in one)
        clusters = _clusters(kept, days, a, counted)
        return Arm(kept.moments.each(so_far), distributions, clusters, cells.clusters())

    return tuple(Part(p.name, p.shares, {arm: arm_of(p, arm) for arm in p.shares}) for p in phases)


def stratify(parts: Sequence[Part], contrast: Contrast) -> Stratified:
    """Strata in which both arms of the contrast can be compared; others have a weight of 0 and are named in `notes`.

    A stratum's weight goes by the units of all its arms: what happens to one contrast does not depend on which other
    arm a unit was given.
    """
    pair = (contrast.treatment, contrast.control)
    usable = [_usable(part, pair) for part in parts]
    units = [
        np.where(mask, added(arm.moments.units for arm in part.arms.values()), 0.0)
        for part, mask in zip(parts, usable, strict=True)
    ]
    weights = unit_weights(units)
    strata = tuple(
        Stratum(part.name, part.arms[contrast.treatment], part.arms[contrast.control], weight)
        for part, weight in zip(parts, weights, strict=True)
    )

    def notes(group: int) -> tuple[str, ...]:
        told = (_left_out(part, pair, group) for part, mask in zip(parts, usable, strict=True) if not mask[group])
        return tuple(note for note in told if note)

    return Stratified(strata, notes)


def _usable(part: Part, pair: tuple[str, str]) -> Mask:
    enough = [np.asarray(part.arms[arm].moments.units >= FEWEST_UNITS, dtype=bool) for arm in pair]
    planned = all(part.shares[arm] > 0 for arm in pair)
    return np.asarray(np.logical_and(*enough) & planned, dtype=bool)


def _left_out(part: Part, pair: tuple[str, str], group: int) -> str | None:
    """Why a phase that has units of the contrast cannot be used; None where it has no units at all."""
    units = {arm: int(np.atleast_1d(part.arms[arm].moments.n)[group]) for arm in pair}
    if not any(units.values()):
        return None
    for arm in pair:
        if part.shares[arm] == 0:
            return f"{part.name} is left out: '{arm}' has a share of 0 in it"
        if units[arm] < FEWEST_UNITS:
            return f"{part.name} is left out: '{arm}' has {units[arm]} of the {FEWEST_UNITS} units it needs"
    return None


def _distributions(kept: Kept, days: list[int], arm: int, places: Sequence[int]) -> tuple[Distribution, ...]:
    if kept.reading.form != "quantile":
        return ()
    return tuple(kept.distribution(days, arm, place) for place in places)


def _clusters(kept: Kept, days: list[int], arm: int, counted: Sequence[int]) -> Moments | None:
    """Clusters of all units; of each group, those of its first so many days. None where arms do not go by clusters."""
    places = [kept.cells.axes.place[CLUSTER, cluster] for cluster in kept.cells.clusters()]
    if not places:
        return None

    def so_far(sums: NDArray[np.object_]) -> NDArray[np.object_]:
        by_day = sums[days, arm][:, places]
        return np.concatenate([np.zeros((1, len(places)), dtype=object), np.cumsum(by_day, axis=0)])[list(counted)]

    return kept.moments.each(so_far)


def _nobody(kept: Kept, groups: int) -> Arm:
    """An arm without a unit."""

    def none(*shape: int) -> Moments:
        return kept.moments.each(lambda _: np.zeros(shape, dtype=object))

    names = kept.cells.clusters()
    return Arm(none(groups), clusters=none(groups, len(names)) if names else None, cluster_names=names)
