from __future__ import annotations

from datetime import date

from impact_pipeline.catalog.plan import StagedRolloutDesign
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.strata import stratify
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.outcomes.phases import randomisation_phases
from impact_pipeline_tests.small_studies import Group, cells, moments

DAY_1, DAY_2, DAY_3 = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
CONTRAST = Contrast("treatment", "control")
DESIGN = StagedRolloutDesign.model_validate(
    {
        "type": "staged_rollout",
        "control": "control",
        "phases": [
            {"starts": DAY_1, "arms": {"control": 0.9, "treatment": 0.1, "other": 0}},
            {"starts": DAY_2, "arms": {"control": 0.4, "treatment": 0.4, "other": 0.2}},
            {"starts": DAY_3, "arms": {"control": 0, "treatment": 0.5, "other": 0.5}},
        ],
    }
)


def group(arm: str, day: date, *y: int) -> Group:
    return Group(arm, {"orders": moments(y)}, day)


def test_strata_are_phases_weighted_by_the_units_of_every_arm() -> None:
    found = cells(
        group("control", DAY_1, 1, 2, 3), group("treatment", DAY_1, 4, 5),
        group("control", DAY_2, 1, 1), group("treatment", DAY_2, 2, 3), group("other", DAY_2, 9, 9, 9),
    )  # fmt: skip
    sample = stratify(found, randomisation_phases(DESIGN, found.cohort_days()), "orders", CONTRAST, ALL_UNITS)
    assert [(s.name, s.units) for s in sample.strata] == [
        ("the phase from 2026-03-02", 5),
        ("the phase from 2026-03-03", 7),
    ]
    assert set(sample.strata[1].arms) == {"treatment", "control"}
    assert sample.arm("treatment") == moments([4, 5, 2, 3])
    assert sample.notes == ()


def test_a_phase_with_a_paused_or_almost_empty_arm_is_left_out_and_named() -> None:
    found = cells(
        group("control", DAY_1, 1, 2, 3), group("treatment", DAY_1, 4),
        group("control", DAY_2, 1, 1), group("treatment", DAY_2, 2, 3),
        group("treatment", DAY_3, 2, 3),
    )  # fmt: skip
    sample = stratify(found, randomisation_phases(DESIGN, found.cohort_days()), "orders", CONTRAST, ALL_UNITS)
    assert [s.name for s in sample.strata] == ["the phase from 2026-03-03"]
    assert sample.notes == (
        "the phase from 2026-03-02 is left out: 'treatment' has 1 of the 2 units it needs",
        "the phase from 2026-03-04 is left out: 'control' has a share of 0 in it",
    )


def test_a_phase_that_has_not_begun_is_not_worth_a_note() -> None:
    found = cells(group("control", DAY_1, 1, 2, 3), group("treatment", DAY_1, 4, 5))
    sample = stratify(found, randomisation_phases(DESIGN, found.cohort_days()), "orders", CONTRAST, ALL_UNITS)
    assert (len(sample.strata), sample.notes) == (1, ())
