from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from impact_pipeline.catalog.designs import Design, RandomizedDesign, StagedRolloutDesign
from impact_pipeline.catalog.plan import DecisionRule, Margin, Value

DESIGN: TypeAdapter[RandomizedDesign | StagedRolloutDesign] = TypeAdapter(Design)
HALVES = {"a": 0.5, "b": 0.5}
ARMS = {"control": 0.5, "treatment": 0.5}


def test_a_ramps_arms_are_those_of_its_last_phase() -> None:
    phases = [
        {"starts": "2026-03-01", "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": "2026-03-03", "arms": ARMS},
    ]
    assert DESIGN.validate_python({"type": "staged_rollout", "control": "control", "phases": phases}).arms == ARMS


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (
            {"type": "randomized", "control": "control", "arms": {"control": 0.5, "treatment": 0.4}},
            "arm shares add up to 0.9; they must add up to 1",
        ),
        (
            {"type": "randomized", "control": "placebo", "arms": ARMS},
            "control 'placebo' is not an arm; arms are ['control', 'treatment']",
        ),
        ({"type": "randomized", "control": "control", "arms": {"control": 1.0}}, "should have at least 2 items"),
        (
            {
                "type": "staged_rollout",
                "control": "control",
                "phases": [
                    {"starts": "2026-03-01", "arms": ARMS},
                    {"starts": "2026-03-02", "arms": {"control": 0.5, "other": 0.5}},
                ],
            },
            "every phase names the same arms; write a share of 0 for an arm that is paused",
        ),
        (
            {
                "type": "staged_rollout",
                "control": "control",
                "phases": [{"starts": "2026-03-02", "arms": ARMS}, {"starts": "2026-03-01", "arms": ARMS}],
            },
            "phases stand in order of `starts`, each on its own day",
        ),
        (
            {"type": "staged_rollout", "control": "placebo", "phases": [{"starts": "2026-03-02", "arms": ARMS}]},
            "control 'placebo' is not an arm; arms are ['control', 'treatment']",
        ),
    ],
)
def test_a_design_that_does_not_add_up_is_refused(design: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        DESIGN.validate_python(design)
    assert message in str(raised.value)


@pytest.mark.parametrize("margin", [{}, {"relative": 0.1, "absolute": 1.0}, {"relative": 1.0}, {"absolute": 0.0}])
def test_a_margin_is_relative_or_absolute_and_above_zero(margin: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Margin.model_validate(margin)


def test_decisions_and_money_have_bounds() -> None:
    assert DecisionRule().alpha == 0.05
    for wrong in ({"alpha": 0.0}, {"alpha": 0.21}, {"alpha": float("nan")}, {"min_units_per_arm": 1}):
        with pytest.raises(ValidationError):
            DecisionRule.model_validate(wrong)
    with pytest.raises(ValidationError):
        Value.model_validate({"metric": "revenue", "per_unit": float("inf"), "currency": "EUR"})
    with pytest.raises(ValidationError):
        Value.model_validate({"metric": "revenue", "per_unit": 1.0, "currency": "euro"})
