from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.sample_ratio import SampleRatio
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, study

NEXT = START + timedelta(days=1)
SAFARI, CHROME = ("browser", "safari"), ("browser", "chrome")


def checked(*groups: Group, found: Study | None = None) -> Finding:
    return SampleRatio().check(found or study(mean_metric()), Evidence(cells(*groups), START, {}))


def arms(**shares: float) -> dict[str, Any]:
    return {"type": "randomized", "arms": shares, "control": "control"}


def test_counts_that_fit_their_shares_pass() -> None:
    found = checked(exposed("control", 5000), exposed("treatment", 5100))
    assert found.passed is True
    assert found.sentence == (
        "The arms' units fit their planned shares (p = 0.32; control 5,000 units, treatment 5,100 units)."
    )
    assert (found.threshold, found.consequence, found.details["degrees_of_freedom"]) == (0.0005, "invalidate", 1)


def test_the_mismatch_of_kohavi_invalidates() -> None:
    found = checked(exposed("control", 821_588), exposed("treatment", 815_482))
    assert found.passed is False
    assert found.statistic == pytest.approx(1.8e-6, abs=6e-8)
    assert found.consequence == "invalidate"


def test_a_paused_arm_lends_no_degree_of_freedom() -> None:
    paused = study(mean_metric(), design=arms(control=0.5, other=0, treatment=0.5))
    found = checked(exposed("control", 50_700), exposed("treatment", 49_300), found=paused)
    assert found.statistic == pytest.approx(9.5e-6, abs=5e-8)
    assert found.passed is False


def test_a_mismatch_names_the_cohort_day_and_segment_that_cause_it() -> None:
    found = checked(
        exposed("control", 1000), exposed("treatment", 1000),
        exposed("control", 1000, NEXT), exposed("treatment", 700, NEXT),
        exposed("control", 900, segment=SAFARI), exposed("treatment", 600, segment=SAFARI),
        exposed("control", 1100, segment=CHROME), exposed("treatment", 1100, segment=CHROME),
    )  # fmt: skip
    assert found.passed is False
    assert found.sentence == (
        "The arms' units do not fit their planned shares (p = 8.1e-07; control 2,000 units, treatment 1,700 units)."
        " The largest mismatch is in cohort 2026-03-03 and in browser 'safari'."
    )
    assert found.details["worst_cohort_day"] == "cohort 2026-03-03"
    assert found.details["worst_segment"] == "browser 'safari'"


RAMP = {
    "type": "staged_rollout",
    "control": "control",
    "phases": [
        {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
    ],
}


def test_a_ramp_is_judged_within_its_phases() -> None:
    ramp = study(mean_metric(), design=RAMP, days=2)
    first = (exposed("control", 9000), exposed("treatment", 1000))
    found = checked(*first, exposed("control", 5000, NEXT), exposed("treatment", 5000, NEXT), found=ramp)
    assert (found.passed, found.statistic, found.details["degrees_of_freedom"]) == (True, 1.0, 2)
    off = checked(*first, exposed("control", 5000, NEXT), exposed("treatment", 4500, NEXT), found=ramp)
    assert off.passed is False
    assert off.details["chi_square"] == pytest.approx(500**2 / 9500)


def test_units_in_an_arm_without_a_share_invalidate() -> None:
    paused = study(mean_metric(), design=arms(control=0.5, other=0, treatment=0.5))
    found = checked(exposed("control", 500), exposed("treatment", 500), exposed("other", 20), found=paused)
    assert (found.passed, found.consequence) == (False, "invalidate")
    assert found.sentence == (
        "2.0 % of the units of a phase are in an arm that the plan gives no share"
        " (control 500 units, other 20 units, treatment 500 units)."
    )


def test_a_stray_unit_at_the_edge_of_a_phase_is_tolerated() -> None:
    paused = study(mean_metric(), design=arms(control=0.5, other=0, treatment=0.5))
    assert (
        checked(exposed("control", 5000), exposed("treatment", 5000), exposed("other", 1), found=paused).passed is True
    )


def test_too_few_units_are_not_judged() -> None:
    found = checked(exposed("control", 4), exposed("treatment", 5))
    assert (found.passed, found.statistic) == (None, None)
    assert found.sentence == (
        "Too few units to compare the arms with their planned shares yet (control 4 units, treatment 5 units)."
    )
    assert checked().passed is None
