from __future__ import annotations

from math import comb

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.placebo import (
    enough_placebos,
    is_exact,
    placebo_groups,
    placebos,
    ratio_test,
    rmspe_p_value,
)
from impact_pipeline_tests.stats.synthetic_control.panels import block, california, drawn


def test_outcome_only_weights_put_california_third_of_39() -> None:
    """A reference number: with predictors it is the first, as published in 2010, by outcomes alone the third."""
    whole = block(california())
    others = placebos(whole, outcome_only, placebo_groups(38, 1, 500, np.random.default_rng(0)))
    assert rmspe_p_value(outcome_only(whole), others) == pytest.approx(3 / 39)


def test_placebo_groups_are_all_or_drawn() -> None:
    rng = np.random.default_rng(0)
    assert len(placebo_groups(8, 2, 100, rng)) == comb(8, 2)
    drawn_groups = placebo_groups(30, 3, 50, rng)
    assert len(drawn_groups) == 50
    assert all(len(set(group.tolist())) == 3 for group in drawn_groups)
    assert placebo_groups(2, 2, 50, rng) == []


def test_placebo_leaves_the_treated_units_out() -> None:
    whole = drawn(0)
    [one] = placebos(whole, outcome_only, [np.array([4])])
    assert len(one.weights) == len(whole.donors) - 1


@pytest.mark.parametrize(
    ("count", "alpha", "needed"), [(12, 0.05, 19), (19, 0.05, None), (9, 0.1, None), (98, 0.01, 99)]
)
def test_enough_placebos_tells_how_many_are_needed(count: int, alpha: float, needed: int | None) -> None:
    found = enough_placebos(count, alpha, "donors")
    if needed is None:
        assert found is None
    else:
        assert isinstance(found, Refusal)
        assert f"{needed} are needed" in found.detail


@pytest.mark.parametrize("alpha", [0.04, 0.05, 0.1, 0.2])
def test_ratio_tests_interval_holds_what_its_p_value_does_not_rule_out(alpha: float) -> None:
    rng = np.random.default_rng(1)
    values, scales = rng.normal(size=29), rng.uniform(0.5, 2, size=29)
    found = ratio_test(2.0, 0.7, values, scales, alpha)
    for effect in np.linspace(found.lower - 1, found.upper + 1, 101):
        inside = found.lower <= effect <= found.upper
        assert (ratio_test(2.0 - effect, 0.7, values, scales, alpha).p_value > alpha) == inside


def test_ratio_test_with_too_few_placebos_rules_nothing_out_and_an_exact_placebo_counts_above() -> None:
    assert ratio_test(1.0, 1.0, np.ones(3), np.ones(3), 0.05).upper == np.inf
    assert ratio_test(1.0, 1.0, np.array([0.1, 0.1]), np.array([0.0, 1.0]), 0.5).p_value == pytest.approx(2 / 3)


def test_is_exact_where_donors_outnumber_periods() -> None:
    whole = drawn(0)
    inside = whole.with_outcomes(np.vstack([whole.donors.mean(axis=0), whole.donors]), 2)
    assert is_exact(inside, outcome_only(inside))
    assert not is_exact(whole, outcome_only(whole))
