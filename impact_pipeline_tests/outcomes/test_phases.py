from __future__ import annotations

from datetime import date

from impact_pipeline.catalog.designs import RandomizedDesign, StagedRolloutDesign
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases

DAYS = [date(2026, 3, day) for day in (5, 2, 3)]
HALVES = {"control": 0.5, "treatment": 0.5}


def test_constant_shares_are_one_phase() -> None:
    design = RandomizedDesign.model_validate({"type": "randomized", "arms": HALVES, "control": "control"})
    assert randomisation_phases(design, DAYS) == (RandomisationPhase("all cohorts", HALVES, tuple(sorted(DAYS))),)


def test_a_ramp_has_a_phase_from_each_change_of_shares_to_the_next() -> None:
    ramp = {"control": 0.99, "treatment": 0.01}
    phases = [{"starts": DAYS[1], "arms": ramp}, {"starts": date(2026, 3, 4), "arms": HALVES}]
    design = StagedRolloutDesign.model_validate({"type": "staged_rollout", "phases": phases, "control": "control"})
    assert randomisation_phases(design, DAYS) == (
        RandomisationPhase("the phase from 2026-03-02", ramp, (DAYS[1], DAYS[2])),
        RandomisationPhase("the phase from 2026-03-04", HALVES, (DAYS[0],)),
    )
