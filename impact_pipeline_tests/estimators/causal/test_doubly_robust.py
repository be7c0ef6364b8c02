"""AIPW and IPWRA through the estimator: right if one model is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import effect, effects_of
from impact_pipeline_tests.stats.propensity.published_samples import births

MOST_BIAS = 0.03
LEAST_BIAS_OF_TWO_WRONG = 0.12
UNITS = 40_000


@pytest.mark.parametrize(("method", "value", "error"), [("aipw", -230.9892, 26.21056), ("ipwra", -229.9671, 26.62668)])
def test_statas_tables(method: str, value: float, error: float) -> None:
    main = effect(effects_of(births(), estimator=method, propensity="probit").main)
    assert (main.value, main.std_error) == (pytest.approx(value, abs=5e-4), pytest.approx(error, abs=5e-4))


def _sample(known_to_score: bool, known_to_outcome: bool) -> CrossSection:
    """A square of `x` drives choice and outcome; a model without it is wrong."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=UNITS)
    treated = (rng.random(UNITS) < 1 / (1 + np.exp(0.4 - 0.4 * x - 0.4 * (x**2 - 1)))) * 1.0
    outcome = x + 0.5 * x**2 + treated + rng.normal(size=UNITS)
    plain, both = {"x": x}, {"x": x, "x^2": x**2}
    return CrossSection(outcome, treated, both if known_to_score else plain, both if known_to_outcome else plain)


@pytest.mark.parametrize("method", ["aipw", "ipwra"])
@pytest.mark.parametrize(("score", "outcome"), [(True, True), (True, False), (False, True)])
def test_one_wrong_model_leaves_the_effect(method: str, score: bool, outcome: bool) -> None:
    assert abs(effect(effects_of(_sample(score, outcome), estimator=method).main).value - 1) <= MOST_BIAS


@pytest.mark.parametrize("method", ["aipw", "ipwra"])
def test_two_wrong_models_do_not(method: str) -> None:
    assert abs(effect(effects_of(_sample(False, False), estimator=method).main).value - 1) > LEAST_BIAS_OF_TWO_WRONG


def test_a_pooled_outcome_model_may_differ() -> None:
    sample = replace(births(), outcome_covariates=births().covariates)
    by_arm = effect(effects_of(sample).main).value
    pooled = effect(effects_of(sample, outcome_model="pooled").main).value
    assert by_arm != pooled
    assert by_arm == pytest.approx(pooled, abs=5)
