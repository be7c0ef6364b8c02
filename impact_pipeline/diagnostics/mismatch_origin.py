"""Where a sample-ratio mismatch comes from: the segment value and the cohort day that explain it best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.arm_counts import PhaseCounts, chi_square, counted
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.chi_square import ChiSquare

LEVEL = 0.05
"""For p-values corrected over all values (or days) that were looked at."""

FEWEST_PARTS = 2
"""A part that is all there is explains nothing."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A part of the units, the arm that is furthest from its plan in it, and whether the other units fit.

    `p_value` is Bonferroni's over all `tried` parts; `p_value_of_others` is None where there are too few others.
    """

    label: str
    arm: str
    share: float
    planned_share: float
    p_value: float
    tried: int
    p_value_of_others: float | None

    @property
    def in_words(self) -> str:
        others = self.p_value_of_others
        fit = None if others is None else "fit their shares" if others >= LEVEL else "do not fit their shares either"
        told = "" if fit is None else f"; the other units {fit} (p = {others:.2g})"
        found = f"{100 * self.share:.1f} % of {self.label} came to {self.arm}, planned were"
        chance = f"p = {self.p_value:.2g}, corrected over {self.tried}"
        return f"{found} {100 * self.planned_share:.1f} % ({chance}){told}"


def worst_segment_value(study: Study, cells: Cells) -> Origin | None:
    """Of all values of all segments, the one whose units fit their shares least; None where none stands out."""
    whole = counted(study, cells)
    parts = ((f"{name} '{value}'", counted(study, cells, (name, value))) for name, value in cells.segments())
    return _worst(whole, parts)


def worst_cohort_day(phases: Sequence[PhaseCounts]) -> Origin | None:
    """The same of all cohort days."""
    days = [day for phase in phases for day in phase.days]
    return _worst(phases, ((f"cohort {day}", tuple(phase.on(day) for phase in phases)) for day in days))


def _worst(whole: Sequence[PhaseCounts], parts: Iterable[tuple[str, Sequence[PhaseCounts]]]) -> Origin | None:
    tested = [(label, phases, found) for label, phases in parts if (found := chi_square(phases)) is not None]
    if len(tested) < FEWEST_PARTS:
        return None
    label, phases, found = min(tested, key=lambda part: (part[2].p_value, -part[2].statistic))
    origin = _origin(label, phases, found, len(tested), _others(whole, phases))
    return origin if origin.p_value < LEVEL else None


def _others(whole: Sequence[PhaseCounts], part: Sequence[PhaseCounts]) -> ChiSquare | None:
    return chi_square([phase.without(own) for phase, own in zip(whole, part, strict=True)])


def _origin(
    label: str, phases: Sequence[PhaseCounts], found: ChiSquare, tried: int, others: ChiSquare | None
) -> Origin:
    units = np.array([np.where(phase.planned, phase.by_arm, 0) for phase in phases]).sum(axis=0)
    expected = np.array([phase.expected for phase in phases]).sum(axis=0)
    away = (units - expected) / np.sqrt(np.maximum(expected, 1))
    furthest = min(range(len(away)), key=lambda arm: (-abs(away[arm]), away[arm]))
    share, planned = (float(of[furthest] / expected.sum()) for of in (units, expected))
    p_value = min(1.0, tried * found.p_value)
    return Origin(label, phases[0].arms[furthest], share, planned, p_value, tried, others.p_value if others else None)
