from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.effect_size import EffectSize
from impact_pipeline.catalog.plan import DecisionRule, GuardrailUse, SuccessUse


@pytest.mark.parametrize("size", [{}, {"relative": 0.02, "absolute": 1.0}])
def test_an_effect_size_is_of_one_kind(size: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="name either `relative` or `absolute`, and not both"):
        EffectSize.model_validate(size)


@pytest.mark.parametrize("size", [{"relative": 0.0}, {"absolute": -1.0}])
def test_an_effect_size_is_above_0(size: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        EffectSize.model_validate(size)


def test_a_relative_size_has_no_sign_where_the_mean_lies_below_0() -> None:
    assert EffectSize(relative=0.1).of_mean(-20.0) == 2.0


def test_a_plan_may_say_which_effect_it_is_made_for_and_which_harm_must_not_ship() -> None:
    success: dict[str, Any] = {"metric": "orders", "role": "success", "expected": {"relative": 0.02}}
    assert SuccessUse.model_validate(success).expected == EffectSize(relative=0.02)
    guardrail: dict[str, Any] = {"metric": "tickets", "role": "guardrail", "margin": {"absolute": 1.0}}
    assert GuardrailUse.model_validate(guardrail).harm is None
    harmed = GuardrailUse.model_validate({**guardrail, "harm": {"relative": 1.5}})
    assert harmed.harm == EffectSize(relative=1.5)


def test_a_plan_aims_at_a_power_of_80_percent_unless_it_says_so() -> None:
    assert DecisionRule().power == 0.8
    with pytest.raises(ValidationError, match="less than 1"):
        DecisionRule(power=1.0)
