"""From cells to the sample of one estimate: moments by arm within phases of constant shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impact_pipeline.estimators.base import Contrast, Sample, Stratum
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.phases import RandomisationPhase
from impact_pipeline.stats.moments import Moments

FEWEST_UNITS = 2
"""A variance needs two units."""


@dataclass(frozen=True, slots=True)
class _PhaseUnits:
    phase: RandomisationPhase
    arms: Mapping[str, Moments]


def stratify(
    cells: Cells, phases: Sequence[RandomisationPhase], metric: str, contrast: Contrast, segment: tuple[str, str]
) -> Sample:
    """Phases in which both arms of the contrast can be compared; a phase with units that cannot is named in `notes`.

    A stratum's `units` are those of all arms of the phase: what happens to one contrast does not depend on which other
    arm a unit was given.
    """
    strata: list[Stratum] = []
    notes: list[str] = []
    for phase in phases:
        found = _PhaseUnits(phase, {arm: cells.moments(metric, arm, segment, phase.cohorts) for arm in phase.shares})
        note = _left_out(found, contrast)
        if note:
            notes.append(note)
        elif found.arms[contrast.treatment].n:
            pair = {arm: found.arms[arm] for arm in (contrast.treatment, contrast.control)}
            strata.append(Stratum(phase.name, pair, sum(moments.n for moments in found.arms.values())))
    return Sample(segment, tuple(strata), tuple(notes))


def _left_out(found: _PhaseUnits, contrast: Contrast) -> str | None:
    """Why a phase that has units of the contrast cannot be used; None where it can, or has no units at all."""
    pair = (contrast.treatment, contrast.control)
    if not any(found.arms[arm].n for arm in pair):
        return None
    for arm in pair:
        if found.phase.shares[arm] == 0:
            return f"{found.phase.name} is left out: '{arm}' has a share of 0 in it"
        if found.arms[arm].n < FEWEST_UNITS:
            return (
                f"{found.phase.name} is left out: '{arm}' has {found.arms[arm].n} of the {FEWEST_UNITS} units it needs"
            )
    return None
