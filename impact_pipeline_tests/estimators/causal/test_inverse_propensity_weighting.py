"""Weighting through the estimator."""

from __future__ import annotations

import pytest

from impact_pipeline_tests.estimators.causal.observational_questions import effect, effects_of
from impact_pipeline_tests.stats.propensity.published_samples import births


def test_statas_ipw() -> None:
    found = effects_of(births(), estimator="ipw", propensity="probit")
    main = effect(found.main)
    assert (main.value, main.std_error) == (pytest.approx(-230.6886, abs=5e-4), pytest.approx(25.81524, abs=5e-4))
    assert effect(found.others["mean untreated"]).value == pytest.approx(3403.463, abs=5e-4)


def test_effective_units_are_those_of_the_weights() -> None:
    found = effects_of(births(), estimator="ipw", estimand="ATT")
    assert found.numbers["effective treated units"] == pytest.approx(births().treatment.sum())
    assert found.numbers["effective untreated units"] < len(births()) - births().treatment.sum()
