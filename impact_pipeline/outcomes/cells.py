"""Cells: exact moments of closed windows by (exposure cohort day, arm, segment, metric). Disjoint cells add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import add

from impact_pipeline.stats.moments import Moments

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


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells of a study at one look. `mixed_units` were seen in two arms and are in no cell."""

    cells: tuple[Cell, ...]
    mixed_units: int = 0
    _index: dict[tuple[str, str, str, str], tuple[Cell, ...]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        grouped: dict[tuple[str, str, str, str], list[Cell]] = {}
        for cell in self.cells:
            grouped.setdefault((cell.metric, cell.arm, cell.segment, cell.segment_value), []).append(cell)
        self._index.update({key: tuple(group) for key, group in grouped.items()})

    def of(self, metric: str, arm: str, segment: tuple[str, str] = ALL_UNITS) -> tuple[Cell, ...]:
        """The cells of one metric, arm and segment value, one per cohort day."""
        return self._index.get((metric, arm, *segment), ())

    def moments(self, metric: str, arm: str, segment: tuple[str, str] = ALL_UNITS, cohorts: Iterable[date] | None = None) -> Moments:
        """The merged moments, of some cohort days or of all; `Moments()` (n = 0) where there is no cell."""
        wanted = None if cohorts is None else frozenset(cohorts)
        chosen = [c.moments for c in self.of(metric, arm, segment) if wanted is None or c.cohort_day in wanted]
        return reduce(add, chosen) if chosen else Moments()

    def exposed(self, arm: str, segment: tuple[str, str] = ALL_UNITS, cohorts: Iterable[date] | None = None) -> int:
        """Exposed units, matured or not."""
        return self.moments(EXPOSED, arm, segment, cohorts).n

    def cohort_days(self, metric: str = EXPOSED) -> tuple[date, ...]:
        """Cohort days that have a cell of the metric, in order."""
        return tuple(sorted({cell.cohort_day for cell in self.cells if cell.metric == metric}))

    def undefined(self, metric: str) -> int:
        return sum(c.undefined for c in self.cells if c.metric == metric and (c.segment, c.segment_value) == ALL_UNITS)

    def segments(self) -> Iterator[tuple[str, str]]:
        """(segment, value) pairs other than all units, in order."""
        yield from sorted({(c.segment, c.segment_value) for c in self.cells} - {ALL_UNITS})

    def until(self, closed_by: date, window_days: dict[str, int]) -> Cells:
        """The cells a look at an earlier date had: cohorts exposed, and per metric cohorts matured, by `closed_by`.

        `window_days` maps a metric's name to the last day of its window.
        """
        kept = (c for c in self.cells if (closed_by - c.cohort_day).days >= window_days.get(c.metric, 0))
        return Cells(tuple(kept), self.mixed_units)
