"""Which comparisons group-time effects are made of: cohort, period, base period, and the cohorts compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.comparable import Comparison

BasePeriod = Literal["varying", "universal"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The effect on the cohort that adopts at `cohort`, in `period`, against `base`: places of periods.

    `controls` are labels of the cohorts that it is compared with.
    """

    cohort: int
    period: int
    base: int
    controls: tuple[int, ...]

    @property
    def event(self) -> int:
        """Periods since adoption; below 0 before it."""
        return self.period - self.cohort

    @property
    def is_reference(self) -> bool:
        """Whether the cell is 0 by construction."""
        return self.period == self.base


def cells_of(cohorts: Cohorts, comparison: Comparison, base_period: BasePeriod, anticipation: int) -> tuple[Cell, ...]:
    """Cells by cohort, then period, of comparable cohorts.

    From `anticipation` periods before adoption on, the base is the period before that; earlier periods have the one
    before them (`varying`: each cell is a change from period to period), or that same one (`universal`: each is the
    distance from it). Not yet treated are cohorts that adopt more than `anticipation` after both periods.
    Callaway, Sant'Anna (2021), Journal of Econometrics 225.

    >>> import numpy as np
    >>> two = Cohorts(("1", "2", "3"), np.arange(2), np.array([2, 3]), np.zeros((2, 3)), np.ones(2))
    >>> [(cell.event, cell.base) for cell in cells_of(two, "never_treated", "varying", 0)]
    [(-1, 0), (0, 1)]
    >>> [(cell.event, cell.base) for cell in cells_of(two, "never_treated", "universal", 0)]
    [(-2, 1), (-1, 1), (0, 1)]
    """
    found = []
    for cohort in cohorts.adopting:
        before = cohort - 1 - anticipation
        for period in range(cohorts.horizon):
            base = before if period > before or base_period == "universal" else period - 1
            if base >= 0:
                until = max(period, base) + anticipation
                found.append(Cell(cohort, period, base, _controls(cohorts, cohort, until, comparison)))
    return tuple(found)


def _controls(cohorts: Cohorts, cohort: int, until: int, comparison: Comparison) -> tuple[int, ...]:
    if comparison == "never_treated":
        return (cohorts.horizon,)
    late = (label for label in cohorts.labels if label != cohort)
    return tuple(label for label in late if label == cohorts.horizon or label > until)
