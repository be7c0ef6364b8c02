"""Cells: exact moments of closed windows by (exposure cohort day, arm, segment, metric). Disjoint cells add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from impact_pipeline.stats.moments import Moments, merged

EXPOSED = "exposed"
"""The metric name of cells that only count units, of every cohort whether or not a window has closed."""

ALL_UNITS = ("", "")
"""The (segment, value) of cells over all units."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One group of units. `undefined` counts rows whose measure has no finite value (a division by zero, say)."""

    cohort_day: date
    arm: str
    segment: str
    segment_value: str
    metric: str
    moments: Moments
    undefined: int = 0


Key = tuple[str, str, str, str]
"""(metric, arm, segment, value)."""


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Cells by key, cohort days and undefined rows by metric, and merges already made."""

    cells: dict[Key, list[Cell]] = field(default_factory=dict)
    days: dict[str, set[date]] = field(default_factory=dict)
    undefined: dict[str, int] = field(default_factory=dict)
    merged: dict[tuple[Key, frozenset[date] | None], Moments] = field(default_factory=dict)

    def wanted(self, metric: str, cohorts: Iterable[date] | None) -> frozenset[date] | None:
        """Cohort days to choose; None where they are all that the metric has."""
        chosen = None if cohorts is None else frozenset(cohorts)
        return None if chosen is None or chosen >= self.days.get(metric, set()) else chosen

    def add(self, cell: Cell) -> None:
        self.cells.setdefault((cell.metric, cell.arm, cell.segment, cell.segment_value), []).append(cell)
        self.days.setdefault(cell.metric, set()).add(cell.cohort_day)
        if not cell.segment:
            self.undefined[cell.metric] = self.undefined.get(cell.metric, 0) + cell.undefined


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells of a study at one look. `mixed_units` were seen in two arms and are in no cell."""

    cells: tuple[Cell, ...]
    mixed_units: int = 0
    _lookup: _Lookup = field(init=False, default_factory=_Lookup, compare=False, repr=False)

    def __post_init__(self) -> None:
        for cell in self.cells:
            self._lookup.add(cell)

    def of(self, metric: str, arm: str, segment: tuple[str, str] = ALL_UNITS) -> tuple[Cell, ...]:
        """The cells of one metric, arm and segment value, one per cohort day."""
        return tuple(self._lookup.cells.get((metric, arm, *segment), ()))

    def moments(
        self, metric: str, arm: str, segment: tuple[str, str] = ALL_UNITS, cohorts: Iterable[date] | None = None
    ) -> Moments:
        """The merged moments, of some cohort days or of all; `Moments()` (n = 0) where there is no cell."""
        key = (metric, arm, *segment)
        wanted = self._lookup.wanted(metric, cohorts)
        known = self._lookup.merged.get((key, wanted))
        if known is not None:
            return known
        chosen = [c.moments for c in self._lookup.cells.get(key, ()) if wanted is None or c.cohort_day in wanted]
        return self._lookup.merged.setdefault((key, wanted), merged(chosen))

    def exposed(self, arm: str, segment: tuple[str, str] = ALL_UNITS, cohorts: Iterable[date] | None = None) -> int:
        """Exposed units, matured or not."""
        return self.moments(EXPOSED, arm, segment, cohorts).n

    def cohort_days(self, metric: str = EXPOSED) -> tuple[date, ...]:
        """Cohort days that have a cell of the metric, in order."""
        return tuple(sorted(self._lookup.days.get(metric, ())))

    def undefined(self, metric: str) -> int:
        """Rows of all units whose measure has no finite value."""
        return self._lookup.undefined.get(metric, 0)

    def segments(self) -> Iterator[tuple[str, str]]:
        """(segment, value) pairs other than all units, in order."""
        yield from sorted({key[2:] for key in self._lookup.cells} - {ALL_UNITS})

    def until(self, closed_by: date, window_days: dict[str, int]) -> Cells:
        """The cells a look at an earlier date had: cohorts exposed, and per metric cohorts matured, by `closed_by`.

        `window_days` maps a metric's name to the last day of its window.
        """
        kept = (c for c in self.cells if (closed_by - c.cohort_day).days >= window_days.get(c.metric, 0))
        return Cells(tuple(kept), self.mixed_units)
