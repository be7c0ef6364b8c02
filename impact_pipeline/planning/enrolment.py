"""How many units a study will have by when, and in which shares, if days bring what they brought in the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.designs import StagedRolloutDesign, arm_shares, control_arm
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.stats.duration import LONGEST_DAYS, duration, expected_arrivals
from impact_pipeline.stats.power import NoPlan

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Units of all arms after some days, and the shares of treatment and control that give a difference its variance.

    Where shares change by phase, these are harmonic means over units: `var(difference) = s^2 (1 / p_t + 1 / p_c) / n`
    holds of the estimate combined over phases. Units of a phase that lacks one of the arms are not counted.
    """

    units: float
    shares: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """By day of enrolment and phase: expected `units`. `shares` are those of treatment and control in each phase."""

    contrast: Contrast
    starts: date
    planned_days: int
    units: Array
    shares: Array

    def at(self, days: int) -> Enrolled:
        """After so many days, counted from 1."""
        usable = np.all(self.shares > 0, axis=1)
        by_phase = np.where(usable, self.units[:days].sum(axis=0), 0.0)
        total = float(by_phase.sum())
        if total == 0:
            return Enrolled(0.0, (0.5, 0.5))
        weight = by_phase[usable] / total
        treatment, control = (1 / float(weight @ (1 / self.shares[usable, arm])) for arm in (0, 1))
        return Enrolled(total, (treatment, control))

    @property
    def planned(self) -> Enrolled:
        return self.at(self.planned_days)

    def days_for(self, units: float) -> int | None:
        """The first day by which so many are expected; None where two years do not bring them."""
        usable = np.all(self.shares > 0, axis=1)
        enrolled = np.cumsum(self.units[:, usable].sum(axis=1))
        return 1 + int(np.searchsorted(enrolled, units * (1 - 1e-9))) if enrolled[-1] >= units else None

    def closed_by(self, day: date, last_day: int) -> float:
        """Units whose window, `last_day` days after exposure, has closed by the night of this day."""
        days = (day - self.starts).days + 1 - last_day
        return self.at(min(days, self.planned_days)).units if days > 0 else 0.0


def enrolment_of(plan: EvaluationPlan, arrivals: Sequence[float]) -> Enrolment | NoPlan:
    """Of the contrast whose treatment has the smallest share; `arrivals` are new units by day of history.

    History is replayed from its first day, on which every regular is new as on a study's first day; beyond it, its last
    week repeats.
    """
    refused = duration(arrivals, 0.0, 1, flow="first_contact")
    if isinstance(refused, NoPlan):
        return refused
    daily = expected_arrivals(arrivals, LONGEST_DAYS, flow="first_contact")
    contrast = Contrast(weakest_arm(plan), control_arm(plan.design))
    starts, shares = _phases(plan, contrast)
    days = [plan.starts + timedelta(days=n) for n in range(LONGEST_DAYS)]
    phase = np.array([sum(start <= day for start in starts) - 1 for day in days])
    units = np.where(phase[:, None] == np.arange(len(starts)), daily[:, None], 0.0)
    return Enrolment(contrast, plan.starts, (plan.ends - plan.starts).days + 1, units, np.array(shares))


def treatment_arms(plan: EvaluationPlan) -> tuple[str, ...]:
    """Arms other than control that units are ever given, in order of name."""
    shares = [phase.arms for phase in plan.design.phases] if isinstance(plan.design, StagedRolloutDesign) else []
    given = {arm for arms in (arm_shares(plan.design), *shares) for arm, share in arms.items() if share > 0}
    return tuple(sorted(given - {control_arm(plan.design)}))


def weakest_arm(plan: EvaluationPlan) -> str:
    """The treatment arm with the smallest share in the end: what it can tell, each of them can."""
    return min(treatment_arms(plan), key=lambda arm: arm_shares(plan.design)[arm] or 1.0)


def _phases(plan: EvaluationPlan, contrast: Contrast) -> tuple[list[date], list[tuple[float, float]]]:
    design = plan.design
    phases = (
        [(phase.starts, phase.arms) for phase in design.phases]
        if isinstance(design, StagedRolloutDesign)
        else [(plan.starts, arm_shares(design))]
    )
    return [start for start, _ in phases], [(arms[contrast.treatment], arms[contrast.control]) for _, arms in phases]
