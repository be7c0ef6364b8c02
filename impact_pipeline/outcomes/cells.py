"""Cells: exact moments of closed windows by (exposure cohort day, arm, segment, metric). Disjoint cells add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.stats.moments import Moments, as_exact, of_sums

EXPOSED = "exposed"
"""The metric name of cells that only count units, of every cohort whether or not a window has closed."""

ALL_UNITS = ("", "")
"""The (segment, value) of cells over all units."""

Group = tuple[str, str]
"""(segment, value)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One group of units. `undefined` counts rows whose measure has no finite value (a division by zero, say).

    With a `bucket` it is the part of the group whose value lies in that bucket of values.
    """

    cohort_day: date
    arm: str
    segment: str
    segment_value: str
    metric: str
    moments: Moments
    undefined: int = 0
    bucket: int | None = None


@dataclass(frozen=True, slots=True)
class MetricCells:
    """The cells of one metric as columns: places on the axes of `Cells`, moments as arrays, one entry per cell."""

    cohort: NDArray[np.int64]
    arm: NDArray[np.int64]
    group: NDArray[np.int64]
    moments: Moments
    undefined: NDArray[np.int64]
    bucket: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.cohort)

    def where(self, chosen: NDArray[np.bool_]) -> MetricCells:
        moments = self.moments.each(lambda sums: sums[chosen])
        places = self.cohort[chosen], self.arm[chosen], self.group[chosen]
        return MetricCells(*places, moments, self.undefined[chosen], self.bucket[chosen])

    def dense(self, shape: tuple[int, int, int]) -> Moments:
        """Moments by cohort day, arm and group; 0 where there is no cell."""
        places = self.cohort, self.arm, self.group
        apart = len(np.unique(np.ravel_multi_index(places, shape))) == len(self)

        def spread(sums: NDArray[np.object_]) -> NDArray[np.object_]:
            found = np.zeros(shape, dtype=object)
            if apart:
                found[places] = sums
            else:
                np.add.at(found, places, sums)
            return found

        return self.moments.each(spread)


@dataclass(frozen=True, slots=True)
class _Axes:
    cohorts: tuple[date, ...]
    arms: tuple[str, ...]
    groups: tuple[Group, ...]
    place: Mapping[Any, int]

    @classmethod
    def of(cls, cohorts: Iterable[date], arms: Iterable[str], groups: Iterable[Group]) -> _Axes:
        axes = tuple(sorted(set(cohorts))), tuple(sorted(set(arms))), tuple(sorted({ALL_UNITS, *groups}))
        return cls(*axes, {value: place for axis in axes for place, value in enumerate(axis)})

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.cohorts), len(self.arms), len(self.groups)


@dataclass(frozen=True)
class Cells:
    """All cells of a study at one look. `mixed_units` were seen in two arms and are in no cell."""

    axes: _Axes
    whole: Mapping[str, MetricCells]
    bucketed: Mapping[str, MetricCells]
    mixed_units: int = 0
    _dense: dict[str, Moments] = field(init=False, default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, cells: Sequence[Cell], mixed_units: int = 0) -> Cells:
        """Cells written out one by one."""
        groups = [(c.segment, c.segment_value) for c in cells]
        axes = _Axes.of((c.cohort_day for c in cells), (c.arm for c in cells), groups)
        names = [c.metric for c in cells]
        columns = [(axes.place[c.cohort_day], axes.place[c.arm], axes.place[c.segment, c.segment_value]) for c in cells]
        places = np.array(columns, dtype=np.int64).reshape(-1, 3)
        undefined = np.array([c.undefined for c in cells], dtype=np.int64)
        bucket = np.array([c.bucket or 0 for c in cells], dtype=np.int64)
        in_bucket = np.array([c.bucket is not None for c in cells], dtype=bool)

        def chosen(metric: str, bucketed: bool) -> MetricCells:
            rows = [i for i, name in enumerate(names) if name == metric and bool(in_bucket[i]) == bucketed]
            moments = stacked([cells[i].moments for i in rows])
            cohort, arm, group = places[rows].T
            return MetricCells(cohort, arm, group, moments, undefined[rows], bucket[rows])

        found = {m: (chosen(m, False), chosen(m, True)) for m in dict.fromkeys(names)}
        return cls(
            axes,
            {metric: whole for metric, (whole, _) in found.items() if len(whole)},
            {metric: parts for metric, (_, parts) in found.items() if len(parts)},
            mixed_units,
        )

    @classmethod
    def of_table(cls, rows: pa.Table, mixed_units: int = 0) -> Cells:
        """Cells as rows of the lake's table (see `cells_table.SCHEMA`)."""
        groups = {(s, v) for s, v in zip(*(rows[key].to_pylist() for key in ("segment", "segment_value")), strict=True)}
        axes = _Axes.of(rows["cohort_day"].unique().to_pylist(), rows["arm"].unique().to_pylist(), groups)
        found: dict[bool, dict[str, MetricCells]] = {False: {}, True: {}}
        for metric in sorted(rows["metric"].unique().to_pylist()):
            own = rows.filter(pc.equal(rows["metric"], metric))
            for bucketed in found:
                mask = pc.is_valid(own["bucket"]) if bucketed else pc.is_null(own["bucket"])
                chosen = own.filter(mask).combine_chunks()
                if len(chosen):
                    found[bucketed][metric] = _metric_cells(chosen, axes)
        return cls(axes, found[False], found[True], mixed_units)

    def dense(self, metric: str) -> Moments:
        """Moments of the metric by cohort day, arm and group, in the order of `axes`; empty where it has no cell."""
        if metric not in self._dense:
            found = self.whole.get(metric)
            empty = Moments().each(lambda _: np.zeros(self.axes.shape, dtype=object))
            self._dense[metric] = empty if found is None else found.dense(self.axes.shape)
        return self._dense[metric]

    def moments(
        self, metric: str, arm: str, segment: Group = ALL_UNITS, cohorts: Iterable[date] | None = None
    ) -> Moments:
        """The merged moments, of some cohort days or of all; n = 0 where there is no cell."""
        places = self.axes.place
        if metric not in self.whole or arm not in places or segment not in places:
            return Moments()
        days = self.places_of(self.axes.cohorts if cohorts is None else cohorts)
        a, g = places[arm], places[segment]
        return self.dense(metric).each(lambda sums: sum(sums[days, a, g].tolist()))

    def places_of(self, cohorts: Iterable[date]) -> list[int]:
        """Where these cohort days, as far as any has a cell, stand on the first axis."""
        return sorted(self.axes.place[day] for day in cohorts if day in self.axes.place)

    def exposed(self, arm: str, segment: Group = ALL_UNITS, cohorts: Iterable[date] | None = None) -> int:
        """Exposed units, matured or not."""
        n = self.moments(EXPOSED, arm, segment, cohorts).n
        return int(n)

    def exposed_by_group(self, arm: str, groups: Sequence[Group]) -> NDArray[np.int64]:
        """Exposed units of each group."""
        if arm not in self.axes.place:
            return np.zeros(len(groups), dtype=np.int64)
        places = [self.axes.place[group] for group in groups]
        counts = np.asarray(self.dense(EXPOSED).n)[:, self.axes.place[arm]].sum(axis=0)
        return np.asarray(counts, dtype=np.int64)[places]

    def cohort_days(self, metric: str = EXPOSED) -> tuple[date, ...]:
        """Cohort days that have a cell of the metric, in order."""
        found = self.whole.get(metric)
        return () if found is None else tuple(self.axes.cohorts[place] for place in np.unique(found.cohort))

    def undefined(self, metric: str) -> int:
        """Rows of all units whose measure has no finite value."""
        found = self.whole.get(metric)
        everyone = self.axes.place[ALL_UNITS]
        return 0 if found is None else int(found.undefined[found.group == everyone].sum())

    def segments(self) -> Iterator[Group]:
        """(segment, value) pairs other than all units and clusters, in order."""
        return (group for group in self.axes.groups if group != ALL_UNITS and group[0] != CLUSTER)

    def clusters(self) -> tuple[str, ...]:
        """All clusters, in order; none where units were randomised one by one."""
        return tuple(value for segment, value in self.axes.groups if segment == CLUSTER)

    def new_clusters(self, arm: str, cohorts: Iterable[date] | None = None) -> int:
        """Clusters of the arm whose first unit was exposed on one of these cohort days, or on any."""
        if arm not in self.axes.place or EXPOSED not in self.whole:
            return 0
        places = [self.axes.place[CLUSTER, cluster] for cluster in self.clusters()]
        seen = np.asarray(self.dense(EXPOSED).n)[:, self.axes.place[arm], places] > 0
        first = np.where(seen.any(axis=0), seen.argmax(axis=0), -1)
        return int(np.isin(first, self.places_of(self.axes.cohorts if cohorts is None else cohorts)).sum())


def _metric_cells(rows: pa.Table, axes: _Axes) -> MetricCells:
    segments = zip(rows["segment"].to_pylist(), rows["segment_value"].to_pylist(), strict=True)
    return MetricCells(
        _places(rows["cohort_day"].to_pylist(), axes), _places(rows["arm"].to_pylist(), axes), _places(segments, axes),
        _moments_of(rows), rows["undefined"].to_numpy(), pc.fill_null(rows["bucket"], 0).to_numpy(),
    )  # fmt: skip


def _places(values: Iterable[Any], axes: _Axes) -> NDArray[np.int64]:
    return np.array([axes.place[value] for value in values], dtype=np.int64)


def _moments_of(rows: pa.Table) -> Moments:
    """Sums as arrays; the entries of a list are those of the covariates, as many in every row."""
    sums = [integers(rows[name].combine_chunks()) for name in ("n", "y", "yy", "d", "dd", "yd")]
    lists = [_transposed(rows[name].combine_chunks(), len(rows)) for name in ("x", "xx", "xy", "xd")]
    first = rows.slice(0, 1).to_pylist()[0]
    return of_sums([*sums, *lists], (first["y_scale"], first["d_scale"], tuple(first["x_scale"])))


def _transposed(lists: pa.ListArray, count: int) -> tuple[NDArray[np.object_], ...]:
    flat = integers(lists.flatten())
    return tuple(flat.reshape(count, -1).T) if len(flat) else ()


def integers(column: pa.Array) -> NDArray[np.object_]:
    """Python integers of a column without nulls; a DECIMAL's 128 bits are read as two halves.

    >>> from decimal import Decimal
    >>> integers(pa.array([Decimal(-3), Decimal(2**70)], pa.decimal128(38, 0))).tolist()
    [-3, 1180591620717411303424]
    """
    if not pa.types.is_decimal(column.type):
        return as_exact(column.to_numpy(zero_copy_only=False))
    halves = np.frombuffer(column.buffers()[1], dtype="<i8").reshape(-1, 2)[column.offset : column.offset + len(column)]
    low, high = halves[:, 0], halves[:, 1]
    if np.array_equal(high, low >> 63):
        return as_exact(low)
    return as_exact((as_exact(high) << 64) + as_exact(low.view("<u8")))


def stacked(parts: Sequence[Moments]) -> Moments:
    """The moments of several groups as arrays, one entry each; they have the same scales."""
    if not parts:
        return Moments().each(lambda _: np.zeros(0, dtype=object))
    first = parts[0]
    if any(part.scales != first.scales for part in parts):
        raise ValueError("moments at different scales are not of one metric")
    columns = list(zip(*(part.sums for part in parts), strict=True))
    arrays = [
        tuple(as_exact(entries) for entries in zip(*column, strict=True))
        if isinstance(column[0], tuple)
        else as_exact(column)
        for column in columns
    ]
    return of_sums(arrays, first.scales)
