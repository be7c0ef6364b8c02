from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact_pipeline.estimators.base import Contrast, Reason
from impact_pipeline.estimators.refusals import Measured, refusals
from impact_pipeline.outcomes.cells import stacked
from impact_pipeline_tests.estimators.questions import question
from impact_pipeline_tests.small_studies import Array, moments

CONTRAST = Contrast("treatment", "control")
NOTE = "the phase from 2026-03-02 is left out: 'treatment' has a share of 0 in it"


def counts(control: Sequence[int], treatment: Sequence[int]) -> dict[str, Array]:
    return {"control": np.array(control), "treatment": np.array(treatment)}


SOUND = Measured("orders", CONTRAST, counts([9], [9]), counts([5], [5]), 0, 6, 2)


def told(measured: Measured, *in_strata: tuple[int, int]) -> list[tuple[Reason, str] | None]:
    """The first refusal that holds of each group; `in_strata` are treatment and control units that count."""
    units = in_strata or tuple(zip(measured.closed["treatment"], measured.closed["control"], strict=True))
    treatment, control = (stacked([moments([0] * int(pair[arm])) for pair in units]) for arm in (0, 1))
    stratum = question("mean", (moments([1, 2]), moments([1, 2]))).strata[0]
    counted = np.array([float(min(pair) > 0) for pair in units])
    asked = replace(
        question("mean"),
        strata=(
            replace(
                stratum,
                treatment=replace(stratum.treatment, moments=treatment),
                control=replace(stratum.control, moments=control),
                weight=counted,
            ),
        ),
    )
    found = refusals(measured, asked, lambda _: (NOTE,))
    masks = [np.broadcast_to(refusal.mask, (measured.groups,)) for refusal in found]
    first = [next((r for r, mask in zip(found, masks, strict=True) if mask[g]), None) for g in range(measured.groups)]
    return [None if refusal is None else (refusal.reason, refusal.detail(g)) for g, refusal in enumerate(first)]


def test_a_sound_sample_is_not_refused() -> None:
    assert told(SOUND) == [None]


def test_an_undefined_measure_is_named_before_an_empty_arm() -> None:
    [found] = told(replace(SOUND, exposed=counts([9], [0]), undefined_rows=1))
    assert found == (
        Reason.MEASURE_UNDEFINED,
        "1 row has no finite value of 'orders' (a division by zero, say); filter such rows or mend the measure",
    )


def test_each_group_is_told_its_own_first_reason() -> None:
    exposed, closed = counts([0, 9, 9, 9, 9], [9, 9, 9, 9, 9]), counts([0, 0, 1, 9, 9], [9, 9, 9, 1, 9])
    assert told(replace(SOUND, exposed=exposed, closed=closed)) == [
        (Reason.EMPTY_ARM, "no unit was exposed to 'control'"),
        (
            Reason.WINDOW_NOT_CLOSED,
            "the window ends 6 days after exposure; it has closed for none of the 9 units of 'control'",
        ),
        (Reason.TOO_FEW_UNITS, "'control' has 1 unit; the plan asks for 2 in each arm"),
        (Reason.TOO_FEW_UNITS, "'treatment' has 1 unit; the plan asks for 2 in each arm"),
        None,
    ]


def test_one_unit_and_one_day_are_told_in_the_singular() -> None:
    [found] = told(replace(SOUND, exposed=counts([1], [9]), closed=counts([0], [9]), last_day=1))
    assert found == (
        Reason.WINDOW_NOT_CLOSED,
        "the window ends 1 day after exposure; it has closed for none of the 1 unit of 'control'",
    )


def test_arms_that_never_met_in_a_phase_are_told_which_were_left_out() -> None:
    assert told(SOUND, (5, 0)) == [(Reason.EMPTY_ARM, f"no phase has units of both arms: {NOTE}")]


def test_units_of_phases_left_out_do_not_count() -> None:
    assert told(replace(SOUND, fewest=4), (3, 5)) == [
        (Reason.TOO_FEW_UNITS, "'treatment' has 3 units; the plan asks for 4 in each arm")
    ]
