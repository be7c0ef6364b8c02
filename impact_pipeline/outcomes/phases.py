"""Phases of a study: cohort days on which units were randomised to arms with the same shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from impact_pipeline.catalog.designs import Design, StagedRolloutDesign, arm_shares


@dataclass(frozen=True, slots=True)
class RandomisationPhase:
    """A phase with those of its cohort days that have units."""

    name: str
    shares: Mapping[str, float]
    cohorts: tuple[date, ...]


def randomisation_phases(design: Design, cohort_days: Iterable[date]) -> tuple[RandomisationPhase, ...]:
    """The phases of the design in order; one for a design with constant shares."""
    days = tuple(sorted(cohort_days))
    if not isinstance(design, StagedRolloutDesign):
        return (RandomisationPhase("all cohorts", arm_shares(design), days),)
    ends = (*(phase.starts for phase in design.phases[1:]), date.max)
    return tuple(
        RandomisationPhase(
            f"the phase from {phase.starts}", phase.arms, tuple(d for d in days if phase.starts <= d < end)
        )
        for phase, end in zip(design.phases, ends, strict=True)
    )
