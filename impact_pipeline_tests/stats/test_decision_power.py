from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.decision_plan import DecisionPlan, GuardrailTest, SuccessTest, truths
from impact_pipeline.stats.decision_power import (
    DecisionPower,
    decision_power,
    guardrail_beta,
    has_closed_form,
    unlikely_branches,
)  # fmt: skip
from impact_pipeline.stats.decision_rule import simulated
from impact_pipeline.stats.multiplicity import Procedure
from impact_pipeline.stats.power import critical_value_of, noncentrality

SUCCESS_ALPHA, GUARDRAIL_ALPHA = critical_value_of(0.05), critical_value_of(0.05, 1)


def planned(guardrails: int, beta: float, **fields: object) -> DecisionPlan:
    """One success metric and guardrails without an effect, each with power `1 - beta`; standard errors of 1."""
    success = SuccessTest("orders", noncentrality(1 - beta, SUCCESS_ALPHA), 1.0)
    margin = noncentrality(1 - beta, GUARDRAIL_ALPHA, 1)
    return DecisionPlan((success,), tuple(GuardrailTest(f"g{i}", margin, 1.0) for i in range(guardrails)), **fields)  # type: ignore[arg-type]


TABLE = [(1, 0.64, 0.81), (3, 0.41, 0.82), (5, 0.26, 0.82), (10, 0.086, 0.82)]
TABLE_DRAWS = 200_000


@pytest.mark.parametrize(("guardrails", "same", "shared"), TABLE)
def test_guardrails_share_the_type_ii_error(guardrails: int, same: float, shared: float) -> None:
    """P(ship) of a good change by 200,000 draws, printed to two digits: rounding and three of their standard errors."""
    rounding = 0.0005 if same < 0.1 else 0.005
    drawn = 3 * sqrt(0.82 * 0.18 / TABLE_DRAWS)
    assert decision_power(planned(guardrails, 0.2)).good.ship == pytest.approx(same, abs=rounding + drawn)
    beta = guardrail_beta(0.2, guardrails)
    assert decision_power(planned(guardrails, beta)).good.ship == pytest.approx(shared, abs=rounding + drawn)


@pytest.mark.parametrize("guardrails", [0, 1, 3, 5, 10])
def test_independent_guardrails_multiply(guardrails: int) -> None:
    assert decision_power(planned(guardrails, 0.2)).good.ship == pytest.approx(0.8 ** (guardrails + 1), abs=1e-5)
    beta = guardrail_beta(0.2, guardrails)
    shared = decision_power(planned(guardrails, beta)).good.ship
    assert shared == pytest.approx((1 - beta) ** (guardrails + 1), abs=1e-5)
    assert shared >= 0.8 - 1e-5


MIXED = DecisionPlan(
    (
        SuccessTest("orders", 2.0, 1.0),
        SuccessTest("visits", 2.4, 1.0, degrees_of_freedom=12.0),
        SuccessTest("revenue", 1.5, 1.0),
    ),
    (
        GuardrailTest("latency", 2.6, 1.0, margin_std_error=0.9),
        GuardrailTest("tickets", 3.0, 1.0, harm=4.0, degrees_of_freedom=8.0),
    ),
)


@pytest.mark.parametrize(
    "correction", ["none", "bonferroni", "holm", "hochberg", "benjamini_hochberg", "benjamini_yekutieli"]
)
def test_the_closed_form_is_what_simulation_finds(correction: Procedure) -> None:
    draws = 100_000
    plan = replace(MIXED, correction=correction, alpha=0.1)
    exact, rng = decision_power(plan), np.random.default_rng(12)
    assert not exact.simulated
    for truth in truths(plan):
        drawn, found = simulated(plan, truth, rng, draws), exact.chances[truth.name]
        for simulation, closed in ((drawn.ship, found.ship), (drawn.rollback, found.rollback)):
            assert simulation == pytest.approx(closed, abs=3.5 * sqrt(closed * (1 - closed) / draws) + 1e-5)


def test_harm_to_a_guardrail_needs_it_worse_and_beyond_its_margin() -> None:
    """At its margin m a guardrail is harmed where z < min(m - 1.96, 1.645): both tests must say so."""
    for margin, highest in ((2.0, 2.0 - 1.95996), (5.0, 1.64485)):
        plan = DecisionPlan((SuccessTest("orders", 0.0, 1.0),), (GuardrailTest("latency", margin, 1.0),))
        expected = 1 - 0.975 * (1 - stats.norm.cdf(highest))
        found = decision_power(plan).chances["guardrail 'latency' harmed"]
        assert found.rollback == pytest.approx(expected, abs=1e-5)


def test_a_harmful_change_ships_at_most_at_the_guardrails_alpha() -> None:
    found = decision_power(planned(3, 0.01))
    assert found.ship_if_harmful == pytest.approx(0.05 * 0.99**3, abs=1e-4)
    assert found.no_effect.ship == pytest.approx(0.025 * 0.99**3, abs=1e-4)
    assert set(found.harmful) == {"success harmed", *(f"guardrail 'g{i}' harmed" for i in range(3))}


def test_holm_ships_as_bonferroni_but_shows_more_harm() -> None:
    """A first win lets Holm test the others at a larger alpha; yet whatever is worse then also forbids to ship."""
    plan = DecisionPlan(tuple(SuccessTest(f"s{i}", effect, 1.0) for i, effect in enumerate((4.0, 4.0, -2.2))))
    holm, bonferroni = (decision_power(replace(plan, correction=name)).good for name in ("holm", "bonferroni"))
    assert holm.ship == pytest.approx(bonferroni.ship, abs=1e-12)
    assert holm.rollback > bonferroni.rollback + 0.1


def test_correlated_plans_are_simulated_from_a_seed() -> None:
    plan = planned(1, 0.2, correlation=[[1.0, 0.0], [0.0, 1.0]])
    found = decision_power(plan, np.random.default_rng(1))
    assert found.simulated
    assert found.good.ship == pytest.approx(0.64, abs=3.3 * sqrt(0.64 * 0.36 / 200_000))


@pytest.mark.parametrize(
    "plan",
    [
        planned(0, 0.2, treatments=2),
        planned(1, 0.2, correlation=[[1.0, 0.5], [0.5, 1.0]]),
        DecisionPlan(tuple(SuccessTest(f"s{i}", 1.0, 1.0) for i in range(6))),
    ],
)
def test_what_has_no_closed_form_asks_for_a_generator(plan: DecisionPlan) -> None:
    assert not has_closed_form(plan)
    with pytest.raises(ValueError, match="are simulated: give an rng"):
        decision_power(plan)


def test_branches_that_can_hardly_fire_are_named() -> None:
    starved = DecisionPlan((SuccessTest("orders", 0.3, 1.0),), (GuardrailTest("latency", 0.5, 1.0),))
    assert unlikely_branches(decision_power(starved)) == (
        "P(ship | good) is 0.006, below 0.05: even a good change hardly ever ships",
    )
    assert unlikely_branches(decision_power(planned(3, 0.05))) == ()


def test_a_rollback_that_can_hardly_fire_is_named() -> None:
    blind = DecisionPlan((SuccessTest("orders", 3.0, 1.0),), tuple(GuardrailTest(f"g{i}", 0.2, 1.0) for i in range(2)))
    found = unlikely_branches(decision_power(blind))
    assert [line.split(" is ")[0] for line in found] == [
        "P(ship | good)", "P(rollback | guardrail 'g0' harmed)", "P(rollback | guardrail 'g1' harmed)",
    ]  # fmt: skip


def test_five_success_metrics_still_have_a_closed_form() -> None:
    plan = DecisionPlan(tuple(SuccessTest(f"s{i}", 1.0 + i / 2, 1.0) for i in range(5)), correction="hochberg")
    found: DecisionPower = decision_power(plan)
    drawn = simulated(plan, truths(plan)[0], np.random.default_rng(5), 100_000)
    assert drawn.ship == pytest.approx(found.good.ship, abs=3.3 * 0.5 / sqrt(100_000))
