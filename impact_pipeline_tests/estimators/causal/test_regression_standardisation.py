"""The g-formula and its coefficients through the estimator."""

from __future__ import annotations

import pytest

from impact_pipeline_tests.estimators.causal.observational_questions import effect, effects_of, refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import births

SAMPLE = chosen(400, 1)


def test_statas_regression_adjustment() -> None:
    main = effect(effects_of(births(), estimator="regression_adjustment", estimand="ATT", propensity="probit").main)
    assert (main.value, main.std_error) == (pytest.approx(-223.3017, abs=5e-5), pytest.approx(22.7422, abs=5e-5))


def test_all_interactions_are_regressions_by_arm() -> None:
    one = effect(effects_of(SAMPLE, estimator="regression", interactions="all").main)
    other = effect(effects_of(SAMPLE, estimator="regression_adjustment").main)
    assert one.value == pytest.approx(other.value)
    assert one.std_error == pytest.approx(other.std_error)


def test_without_interactions_the_effect_is_the_coefficient() -> None:
    found = effects_of(SAMPLE, estimator="regression")
    assert effect(found.others["coefficient treatment"]).value == pytest.approx(effect(found.main).value)
    assert effect(found.others["coefficient treatment"]).std_error == pytest.approx(effect(found.main).std_error)


def test_an_unknown_interaction_is_refused() -> None:
    found = effects_of(SAMPLE, estimator="regression", interactions=["three"])
    assert refusal(found.main).detail == "interactions: 'three' is no covariate of the outcome; these are one, two"
