from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from impact_pipeline.decisions.base import Decision, Verdict
from impact_pipeline_tests.decisions.test_verdict import (
    FINE,
    FLAT,
    GUARDRAIL,
    HARM,
    LOSS,
    SUCCESS,
    TWO,
    VAGUE,
    WIN,
    decided,
    estimate,
    finding,
    planned,
)
from impact_pipeline_tests.small_studies import START

ALWAYS = {"type": "always_valid", "planned_units": 2_000}
PLANNED = {"type": "group_sequential", "planned_units": 2_000, "on": [START + timedelta(days=n) for n in (2, 4)]}


def early(*results: Any, looks: dict[str, Any] = ALWAYS, days: int = 3, findings: Any = ()) -> Verdict:
    """The verdict of a look some days after the start of a study whose planned look is far off."""
    return decided(planned(looks=looks, days=30), list(results), findings, days=days)


def test_a_night_of_always_valid_looks_may_ship_or_roll_back() -> None:
    shipped, harmed = early(WIN, FINE), early(WIN, HARM)
    assert (shipped.decision, shipped.final) == (Decision.SHIP, True)
    assert (harmed.decision, harmed.final) == (Decision.ROLLBACK, True)
    assert early(LOSS, FINE).decision is Decision.ROLLBACK


@pytest.mark.parametrize("results", [(FLAT, FINE), (WIN, VAGUE)])
def test_an_undecided_night_waits_for_the_planned_look(results: Any) -> None:
    found = early(*results)
    assert (found.decision, found.next_step) == (
        Decision.HOLD,
        "Keep the arms as they are until the look on 2026-03-31.",
    )


def test_a_failed_finding_stops_an_early_verdict_too() -> None:
    assert early(WIN, FINE, findings=[finding("invalidate")]).decision is Decision.INVALID
    assert early(WIN, FINE, findings=[finding("hold")]).decision is Decision.HOLD


def test_a_group_sequential_plan_decides_at_its_looks_only() -> None:
    assert early(WIN, FINE, looks=PLANNED, days=2).decision is Decision.SHIP
    assert early(WIN, FINE, looks=PLANNED, days=3).decision is Decision.HOLD


def test_a_plan_with_one_look_waits_for_it() -> None:
    assert early(WIN, FINE, looks={"type": "fixed"}).decision is Decision.HOLD


def test_the_correction_is_that_of_the_plan() -> None:
    barely = [estimate("orders", 0.021, 0.01), estimate("visits", 0.0205, 0.01)]
    decisions = {
        rule: decided(planned(*TWO, decision={"min_units_per_arm": 2, "correction": rule}), barely).decision
        for rule in ("holm", "hochberg", "bonferroni", "benjamini_hochberg")
    }
    assert decisions == {
        "holm": Decision.INCONCLUSIVE,
        "hochberg": Decision.SHIP,
        "bonferroni": Decision.INCONCLUSIVE,
        "benjamini_hochberg": Decision.SHIP,
    }


def test_a_quality_metric_decides_nothing_by_itself() -> None:
    uses = (SUCCESS, GUARDRAIL, {"metric": "visits", "role": "quality"})
    found = decided(planned(*uses), [WIN, FINE, estimate("visits", -0.5, 0.01)])
    assert (found.decision, len(found.reasons)) == (Decision.SHIP, 2)
