from __future__ import annotations

from math import sqrt
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.decision_plan import DecisionPlan, GuardrailTest, SuccessTest, Truth, truths
from impact_pipeline.stats.decision_rule import Statistics, ruled, ruled_success, simulated
from impact_pipeline.stats.multiplicity import Procedure, corrected

DRAWS = 200_000
MONTE_CARLO = 3.3 * 0.5 / sqrt(DRAWS)
"""3.3 standard errors of a simulated share, at most."""


def success(*effects: float) -> tuple[SuccessTest, ...]:
    return tuple(SuccessTest(f"success {i}", effect, 1.0) for i, effect in enumerate(effects))


def judged(plan: DecisionPlan, z: float, harm: float, margin: float) -> tuple[bool, bool]:
    drawn = Statistics(*(np.array([[[statistic]]]) for statistic in (z, harm, margin)))
    ships, rolls_back = ruled(plan, drawn)
    return bool(ships[0]), bool(rolls_back[0])


@pytest.mark.parametrize(
    ("z", "harm", "margin", "expected"),
    [
        (3.0, 0.0, 2.0, (True, False)),
        (3.0, -2.5, 2.0, (True, False)),
        (3.0, 0.0, 1.0, (False, False)),
        (3.0, -2.5, 1.0, (False, True)),
        (0.0, 0.0, 2.0, (False, False)),
        (-3.0, 0.0, 2.0, (False, True)),
    ],
)
def test_one_success_metric_and_one_guardrail(
    z: float, harm: float, margin: float, expected: tuple[bool, bool]
) -> None:
    """Critical values 1.96 (success, harm) and 1.645 (margin): within its margin a guardrail may be worse."""
    plan = DecisionPlan(success(3.0), (GuardrailTest("latency", 1.0, 1.0),))
    assert judged(plan, z, harm, margin) == expected


@pytest.mark.parametrize("correction", get_args(Procedure))
def test_what_is_shown_is_what_adjusted_p_values_reject(correction: Procedure) -> None:
    z = np.random.default_rng(3).normal(0.8, 1.5, (2000, 4))
    plan = DecisionPlan(success(1.0, 1.0, 1.0, 1.0), correction=correction)
    won, worsened = ruled_success(plan, z[:, None])
    for row, (wins, harms) in enumerate(zip(won[:, 0], worsened[:, 0], strict=True)):
        p_values = 2 * stats.norm.sf(np.abs(z[row]))
        shown = np.array(corrected(p_values.tolist(), 0.05, correction).rejected)
        assert wins == (np.any(shown & (z[row] > 0)) and not np.any((p_values < 0.05) & (z[row] < 0)))
        assert harms == np.any(shown & (z[row] < 0))


def test_arms_are_one_family_and_one_good_arm_ships_beside_a_harmed_one() -> None:
    plan = DecisionPlan(success(1.0), treatments=2)
    nothing = np.zeros((3, 2, 0))
    drawn = Statistics(np.array([[[2.1], [0.0]], [[2.3], [-3.0]], [[0.0], [-2.3]]]), nothing, nothing)
    ships, rolls_back = ruled(plan, drawn)
    assert ships.tolist() == [False, True, False]
    assert rolls_back.tolist() == [False, False, True]


def test_correlated_metrics_ship_as_the_multivariate_normal_says() -> None:
    """P(all three above their limits), of a success metric with power .8 and two guardrails at their margins' power."""
    correlation = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.5], [0.3, 0.5, 1.0]])
    guardrails = (GuardrailTest("latency", 2.5, 1.0), GuardrailTest("tickets", 3.0, 1.0))
    plan = DecisionPlan(success(2.8), guardrails, correlation=correlation.tolist())
    found = simulated(plan, truths(plan)[0], np.random.default_rng(8), DRAWS)
    above = np.array([2.8 - stats.norm.ppf(0.975), 2.5 - stats.norm.ppf(0.95), 3.0 - stats.norm.ppf(0.95)])
    assert found.ship == pytest.approx(stats.multivariate_normal.cdf(above, cov=correlation), abs=MONTE_CARLO)


def test_arms_correlate_through_their_control() -> None:
    """Under no effect an arm ships with P(max of two correlated z above the threshold of four tests' Holm step)."""
    plan = DecisionPlan(success(2.8), treatments=2)
    found = simulated(plan, truths(plan)[1], np.random.default_rng(9), DRAWS)
    q = stats.norm.ppf(1 - 0.05 / 4)
    neither = stats.multivariate_normal.cdf([q, q], cov=[[1, 0.5], [0.5, 1]])
    assert found.ship == pytest.approx(1 - neither, abs=MONTE_CARLO / 4)


def test_a_metric_that_repeats_another_adds_nothing_but_its_correction() -> None:
    plan = DecisionPlan(success(2.8, 2.8), correlation=[[1.0, 1.0], [1.0, 1.0]])
    found = simulated(plan, truths(plan)[0], np.random.default_rng(10), DRAWS)
    assert found.ship == pytest.approx(stats.norm.sf(stats.norm.ppf(1 - 0.05 / 4) - 2.8), abs=MONTE_CARLO)


def test_few_degrees_of_freedom_are_those_of_a_noncentral_t() -> None:
    plan = DecisionPlan((SuccessTest("orders", 3.0, 1.0, degrees_of_freedom=6.0),))
    found = simulated(plan, Truth("good", (3.0,), ()), np.random.default_rng(11), DRAWS)
    q = stats.t.ppf(0.975, 6)
    assert found.ship == pytest.approx(stats.nct.sf(q, 6, 3.0), abs=MONTE_CARLO)


def test_the_same_seed_gives_the_same_chances() -> None:
    plan = DecisionPlan(success(2.8, 1.0), treatments=2)
    first, second = (simulated(plan, truths(plan)[0], np.random.default_rng(1), 30_000) for _ in range(2))
    assert first == second
    assert first.inconclusive == pytest.approx(1 - first.ship - first.rollback)
