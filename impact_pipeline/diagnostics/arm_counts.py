"""Exposed units by arm and cohort day beside the shares that were planned, within phases of constant shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cells, Group
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases
from impact_pipeline.stats.chi_square import ChiSquare, goodness_of_fit
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.sample_ratio_sequence import log_e_value

FEWEST_EXPECTED = 5
"""Expected units in an arm below which the chi-square approximation is not used."""


@dataclass(frozen=True, slots=True)
class PhaseCounts:
    """Units of one group in one phase: planned `shares` by arm, `counts` by cohort day and arm."""

    arms: tuple[str, ...]
    shares: tuple[float, ...]
    days: tuple[date, ...]
    counts: NDArray[np.int64]

    @property
    def by_arm(self) -> NDArray[np.int64]:
        found: NDArray[np.int64] = self.counts.sum(axis=0)
        return found

    @property
    def planned(self) -> NDArray[np.bool_]:
        """Arms with a share."""
        return np.array(self.shares) > 0

    @property
    def comparable(self) -> bool:
        """Whether two arms share its units, and there are any."""
        return bool(self.planned.sum() > 1 and self.by_arm[self.planned].sum() > 0)

    @property
    def expected(self) -> NDArray[np.float64]:
        """Units that the shares would have given each arm."""
        planned: NDArray[np.float64] = self.by_arm[self.planned].sum() * np.array(self.shares)
        return planned / sum(self.shares)

    @property
    def stray_share(self) -> float:
        """Share of units in arms that the plan gives none."""
        strays, total = self.by_arm[~self.planned].sum(), self.by_arm.sum()
        return float(strays / total) if strays else 0.0

    def on(self, day: date) -> PhaseCounts:
        """Its units of one cohort day."""
        chosen = np.array([own == day for own in self.days], dtype=np.int64)
        return replace(self, counts=self.counts * chosen[:, None])

    def without(self, other: PhaseCounts) -> PhaseCounts:
        """Its other units."""
        return replace(self, counts=self.counts - other.counts)


def counted(study: Study, cells: Cells, group: Group = ALL_UNITS) -> tuple[PhaseCounts, ...]:
    """The phases of a study in order, those without units included."""
    phases = randomisation_phases(study.plan.design, cells.cohort_days())
    return tuple(_counted(cells, phase, group) for phase in phases)


def _counted(cells: Cells, phase: RandomisationPhase, group: Group) -> PhaseCounts:
    units, place = cells.dense(EXPOSED).n, cells.axes.place
    assert isinstance(units, np.ndarray)
    counts = np.zeros((len(phase.cohorts), len(phase.shares)), dtype=np.int64)
    if group in place:
        days = cells.places_of(phase.cohorts)
        for column, arm in enumerate(phase.shares):
            if arm in place:
                counts[:, column] = units[days, place[arm], place[group]]
    return PhaseCounts(tuple(phase.shares), tuple(phase.shares.values()), phase.cohorts, counts)


def log_e_values(phases: Sequence[PhaseCounts]) -> Real:
    """The evidence against the plan after each cohort day, phases one after the other: their e-values multiply."""
    found = [np.zeros(0)]
    so_far = 0.0
    for phase in phases:
        own = so_far + np.atleast_1d(log_e_value(phase.counts.cumsum(axis=0), phase.shares))
        found.append(own)
        so_far = float(own[-1]) if len(own) else so_far
    return np.concatenate(found)


def chi_square(phases: Sequence[PhaseCounts]) -> ChiSquare | None:
    """Pearson's statistics of all phases with enough units, added up; None if there are none."""
    found = [
        goodness_of_fit(phase.by_arm.tolist(), phase.shares)
        for phase in phases
        if phase.comparable and phase.expected[phase.planned].min() >= FEWEST_EXPECTED
    ]
    return reduce(add, found) if found else None
