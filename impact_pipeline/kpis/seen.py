"""Whom a study has seen: units by arm, and how many a day an effect per unit counts for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.outcomes.cells import Cells


@dataclass(frozen=True, slots=True)
class Seen:
    """`units_per_day` times the effect per unit is what the change moves in a day."""

    per_arm: Mapping[str, int]
    mixed_units: int
    units_per_day: float


def seen_in_cells(study: Study, cells: Cells, as_of: date) -> Seen:
    """Units newly exposed a day, in all arms, over the days of enrolment so far."""
    per_arm = {arm: cells.exposed(arm) for arm in study.arms}
    return Seen(per_arm, cells.mixed_units, sum(per_arm.values()) / days_of_enrolment(study, as_of))


def days_of_enrolment(study: Study, as_of: date) -> int:
    """Days on which units were exposed so far, at least one."""
    return max((min(as_of, study.plan.ends) - study.plan.starts).days + 1, 1)
