from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from diff_diff import SyntheticControl
from scipy.optimize import minimize

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.conformal import (
    ConformalTest,
    conformal_effect,
    drawn_orders,
    enough_periods,
    moving_blocks,
)
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.placebo import Permuted
from impact_pipeline.stats.synthetic_control.simplex import Floats
from impact_pipeline_tests.stats.synthetic_control.panels import drawn, outcomes


def _written_out(values: Floats, starts: int, effect: float) -> float:
    """The p-value as in the paper, shift by shift, with weights from a general optimiser."""
    target, donors = values[0].copy(), values[1:]
    target[starts:] -= effect
    count, periods = donors.shape
    found = minimize(
        lambda w: np.sum((w @ donors - target) ** 2), np.full(count, 1 / count), bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, method="SLSQP", options={"ftol": 1e-14},
    )  # fmt: skip
    gaps = target - found.x @ donors
    sizes = [abs(np.roll(gaps, -shift)[starts:].sum()) for shift in range(periods)]
    return float(np.mean([size >= sizes[0] - 1e-9 for size in sizes]))


@pytest.mark.parametrize("effect", [-2.0, 0.0, 0.7, 3.0])
def test_p_value_is_the_papers_with_weights_of_a_general_optimiser(effect: float) -> None:
    whole = drawn(3, donors=5, before=20)
    assert ConformalTest(whole, outcome_only, moving_blocks(25))(effect) == pytest.approx(
        _written_out(whole.outcomes, 20, effect)
    )


@pytest.mark.parametrize("effect", [-1.0, 0.0, 2.5])
def test_p_value_of_one_period_agrees_with_diff_diff(effect: float) -> None:
    whole = drawn(0, before=24, after=1)
    units, periods = whole.outcomes.shape
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    rows = pd.DataFrame({"unit": unit, "period": period, "y": whole.outcomes.ravel()})
    rows["on"] = ((unit == 0) & (period == 24)).astype(int)
    oracle = SyntheticControl(v_method="custom", custom_v=np.ones(24), standardize="none").fit(
        rows, "y", "on", "unit", "period", pre_period_outcomes="all"
    )
    theirs = oracle.conformal_test(effect)["p_value"]
    assert ConformalTest(whole, outcome_only, moving_blocks(25))(effect) == pytest.approx(theirs)


def test_bounds_are_where_the_p_value_falls_to_alpha() -> None:
    whole = drawn(2, before=30)
    found = conformal_effect(whole, outcome_only, outcome_only(whole).effect, moving_blocks(35), 0.1)
    assert isinstance(found, Permuted)
    test = ConformalTest(whole, outcome_only, moving_blocks(35))
    assert test(found.lower) > 0.1 >= test(found.lower - 0.02)
    assert test(found.upper) > 0.1 >= test(found.upper + 0.02)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("effect", [0.0, 1.5])
def test_0_is_within_the_interval_exactly_where_its_p_value_is_above_alpha(seed: int, effect: float) -> None:
    whole = drawn(seed, before=30)
    whole.outcomes[0, 30:] += effect
    found = conformal_effect(whole, outcome_only, outcome_only(whole).effect, moving_blocks(35), 0.1)
    assert isinstance(found, Permuted)
    assert (found.lower <= 0 <= found.upper) == (found.p_value > 0.1)


def test_p_values_fall_away_from_the_effect() -> None:
    whole = drawn(1, before=30)
    test = ConformalTest(whole, outcome_only, moving_blocks(35))
    value = outcome_only(whole).effect
    assert test(value) > test(value + 20) == pytest.approx(1 / 35)
    assert test(value - 20) == pytest.approx(1 / 35)


def test_enough_periods_tells_how_many_are_needed() -> None:
    assert enough_periods(moving_blocks(20), 0.05) is None
    found = enough_periods(moving_blocks(19), 0.05)
    assert isinstance(found, Refusal)
    assert "20 are needed" in found.detail
    assert enough_periods(drawn_orders(8, 99, np.random.default_rng(0)), 0.05) is None


def test_drawn_orders_are_the_same_for_the_same_seed() -> None:
    one, two = (drawn_orders(9, 20, np.random.default_rng(3)) for _ in range(2))
    assert (one == two).all()
    assert one[0].tolist() == list(range(9))


def test_conformal_effect_refuses_where_nothing_is_ruled_out() -> None:
    whole = drawn(0, before=3, after=1)
    found = conformal_effect(whole, outcome_only, 1.0, moving_blocks(4), 0.01)
    assert isinstance(found, Refusal)
    assert found.reason == "unbounded_interval"


def test_null_panels_are_rejected_about_as_often_as_alpha_says() -> None:
    rejected = 0
    for seed in range(60):
        values = outcomes(seed, donors=8, before=25, after=5)
        whole = drawn(seed, donors=8, before=25)
        whole.outcomes[:] = values
        rejected += ConformalTest(whole, outcome_only, moving_blocks(30))(0.0) <= 0.1
    assert rejected <= 13
