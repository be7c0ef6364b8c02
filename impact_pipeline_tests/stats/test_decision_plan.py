from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.confidence_sequence import critical_value
from impact_pipeline.stats.decision_plan import DecisionPlan, GuardrailTest, SuccessTest, shifts, step_shares, truths
from impact_pipeline.stats.inference import AlwaysValid

ORDERS = SuccessTest("orders", 0.6, 0.2)
LATENCY = GuardrailTest("latency", 5.0, 2.0, effect=1.0, margin_std_error=1.5)
TICKETS = GuardrailTest("tickets", 0.1, 0.05, harm=0.3)
PLAN = DecisionPlan((ORDERS,), (LATENCY, TICKETS))


def test_critical_values_are_students_at_each_step() -> None:
    plan = DecisionPlan((ORDERS, SuccessTest("visits", 1.0, 0.4, degrees_of_freedom=9.0)), PLAN.guardrails, alpha=0.1)
    expected = [[f(1 - alpha / 2) for f in (stats.norm.ppf, stats.t(9).ppf)] for alpha in (0.05, 0.1)]
    assert plan.steps == pytest.approx(np.array(expected))
    assert plan.block_thresholds == pytest.approx(np.array(expected[1]))
    assert plan.harm_thresholds == pytest.approx(stats.norm.ppf([0.975, 0.975]))
    assert plan.margin_thresholds == pytest.approx(stats.norm.ppf([0.9, 0.9]))


def test_arms_multiply_the_families() -> None:
    plan = DecisionPlan((ORDERS,), (LATENCY,), treatments=3)
    assert plan.steps[:, 0] == pytest.approx(stats.norm.ppf(1 - 0.025 / np.array([3, 2, 1])))
    assert plan.harm_thresholds == pytest.approx([stats.norm.ppf(1 - 0.025 / 3)])


def test_looks_bring_their_own_critical_values() -> None:
    plan = DecisionPlan((ORDERS,), (LATENCY,), inference=AlwaysValid(800.0), units=1000.0)
    assert plan.steps[0, 0] == plan.harm_thresholds[0] == critical_value(1000.0, 800.0, 0.05)
    assert plan.margin_thresholds[0] == critical_value(1000.0, 800.0, 0.05, sides=1)


@pytest.mark.parametrize(
    ("correction", "expected"),
    [
        ("none", [1, 1, 1]),
        ("bonferroni", [1 / 3, 1 / 3, 1 / 3]),
        ("hochberg", [1 / 3, 1 / 2, 1]),
        ("benjamini_hochberg", [1 / 3, 2 / 3, 1]),
        ("benjamini_yekutieli", [2 / 11, 4 / 11, 6 / 11]),
    ],
)
def test_each_corrections_shares_of_alpha(correction: Any, expected: list[float]) -> None:
    assert step_shares(correction, 3) == pytest.approx(expected)


def test_truths_are_good_none_and_each_harm() -> None:
    found = {truth.name: (truth.success, truth.guardrails) for truth in truths(PLAN)}
    assert found == {
        "good": ((0.6,), (1.0, 0.0)),
        "no effect": ((0.0,), (0.0, 0.0)),
        "success harmed": ((-0.6,), (0.0, 0.0)),
        "guardrail 'latency' harmed": ((0.6,), (-5.0, 0.0)),
        "guardrail 'tickets' harmed": ((0.6,), (1.0, -0.3)),
    }


def test_effects_count_in_standard_errors_from_zero_and_from_the_margin() -> None:
    success, harm, margin = shifts(PLAN, truths(PLAN)[0])
    assert success == pytest.approx([3.0])
    assert harm == pytest.approx([0.5, 0.0])
    assert margin == pytest.approx([(1.0 + 5.0) / 1.5, 0.1 / 0.05])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"success": ()}, "without a success metric nothing can ship"),
        ({"success": (SuccessTest("orders", 1.0, 0.0),)}, "a standard error is not above 0"),
        ({"guardrails": (GuardrailTest("latency", 0.0, 1.0),)}, "a margin is not above 0"),
        ({"treatments": 0}, "0 treatment arms, correlated by 0.5"),
        ({"arm_correlation": -0.1}, "1 treatment arms, correlated by -0.1"),
        ({"correlation": [[1.0]]}, "not a correlation matrix of 2 metrics"),
        ({"correlation": [[1.0, 0.5], [0.4, 1.0]]}, "not a correlation matrix of 2 metrics"),
        ({"correlation": [[1.0, 1.5], [1.5, 1.0]]}, "not a correlation matrix of 2 metrics"),
    ],
)
def test_what_is_no_plan_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DecisionPlan(**{"success": (ORDERS,), "guardrails": (LATENCY,), **fields})
