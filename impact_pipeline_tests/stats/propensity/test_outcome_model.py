"""Regressions by arm against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.propensity.columns import Columns, columns_of
from impact_pipeline.stats.propensity.outcome_model import by_arm, predicted_mean, regression_adjusted_means
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(200, 1)
COLUMNS = columns_of(SAMPLE.covariates, 200)
assert isinstance(COLUMNS, Columns)
ONES = np.ones(200)


def test_coefficients_are_those_of_each_arm() -> None:
    found = by_arm(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, ONES)
    assert not isinstance(found, Refusal)
    for arm, fit in enumerate(found):
        rows = SAMPLE.treatment == arm
        theirs = sm.OLS(SAMPLE.outcome[rows], COLUMNS.matrix[rows]).fit()
        np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=1e-9)


def test_influences_on_coefficients_give_whites_errors() -> None:
    found = by_arm(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, ONES)
    assert not isinstance(found, Refusal)
    rows = SAMPLE.treatment == 1
    theirs = sm.OLS(SAMPLE.outcome[rows], COLUMNS.matrix[rows]).fit(cov_type="HC0")
    errors = [np.linalg.norm(found[1].influence_on(axis)) / 200 for axis in np.eye(3)]
    np.testing.assert_allclose(errors, theirs.bse, rtol=1e-9)


def test_the_att_leaves_the_treated_mean_as_it_is() -> None:
    models = by_arm(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, ONES)
    assert not isinstance(models, Refusal)
    found = regression_adjusted_means(models, SAMPLE.treatment, ONES, "ATT")
    assert found.treated == pytest.approx(float(SAMPLE.outcome[SAMPLE.treatment == 1].mean()))


def test_a_mean_prediction_has_influences_of_mean_zero() -> None:
    models = by_arm(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, ONES)
    assert not isinstance(models, Refusal)
    _, influence = predicted_mean(models[0], ONES)
    assert float(influence.mean()) == pytest.approx(0, abs=1e-12)


def test_an_arm_smaller_than_its_coefficients_is_refused() -> None:
    x = {f"x{place}": np.random.default_rng(place).normal(size=20) for place in range(4)}
    columns = columns_of(x, 20)
    assert isinstance(columns, Columns)
    found = by_arm(columns, np.arange(20.0), (np.arange(20) < 3) * 1.0, np.ones(20))
    assert found == Refusal("too_few_units", "3 units among the treated cannot tell 5 coefficients of the outcome")


def test_a_covariate_that_is_constant_in_an_arm_is_refused() -> None:
    d = (np.arange(20) < 8) * 1.0
    columns = columns_of({"x": np.where(d == 1, 3.0, np.arange(20.0))}, 20)
    assert isinstance(columns, Columns)
    found = by_arm(columns, np.arange(20.0), d, np.ones(20))
    assert isinstance(found, Refusal)
    assert found.detail == "covariate 'x' is a combination of those before it among the treated: leave it out"
