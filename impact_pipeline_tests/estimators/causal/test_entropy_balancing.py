"""Entropy balancing through the estimator."""

from __future__ import annotations

import pytest

from impact_pipeline.causal.exhibits import Balance
from impact_pipeline_tests.estimators.causal.observational_questions import effect, effects_of, refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import trainees_and_others

EXACT = 1e-7


def test_the_effect_of_lalonde() -> None:
    """Held against scipy's solver in the tests of the numbers."""
    main = effect(effects_of(trainees_and_others(), estimator="entropy_balancing", estimand="ATT").main)
    assert main.value == pytest.approx(1273.26, abs=0.01)


def test_the_love_plot_shows_exact_balance() -> None:
    found = effects_of(trainees_and_others(), estimator="entropy_balancing", estimand="ATT")
    balance = found.exhibits[0]
    assert isinstance(balance, Balance)
    assert all(abs(row.after or 0.0) < EXACT for row in balance.rows if row.covariate != "propensity score")


def test_second_moments_are_balanced_where_asked_for() -> None:
    sample = chosen(500, 1)
    first = effect(effects_of(sample, estimator="entropy_balancing").main)
    second = effect(effects_of(sample, estimator="entropy_balancing", moments=2).main)
    assert first.value != second.value
    assert second.value == pytest.approx(1, abs=0.4)


def test_moments_that_no_weights_reach_are_refused() -> None:
    few = trainees_and_others().keep(trainees_and_others().covariates["age"] < 19)
    found = effects_of(few, estimator="entropy_balancing", moments=3)
    assert refusal(found.main).reason in ("no_support", "collinear")
