"""One regression, its coefficients and its predictions, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.propensity.columns import Columns, columns_of
from impact_pipeline.stats.propensity.standardisation import coefficients, pooled
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(300, 2)
SHIFTED = {"one": 40 + 10 * SAMPLE.covariates["one"], "two": SAMPLE.covariates["two"]}
COLUMNS = columns_of(SHIFTED, 300)
assert isinstance(COLUMNS, Columns)


def test_coefficients_and_robust_errors_are_those_of_statsmodels_on_raw_columns() -> None:
    models = pooled(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, np.ones(300), ("one",))
    assert not isinstance(models, Refusal)
    found = coefficients(models[0], COLUMNS, ("one",))
    raw = np.column_stack([np.ones(300), *SHIFTED.values(), SAMPLE.treatment, SAMPLE.treatment * SHIFTED["one"]])
    theirs = sm.OLS(SAMPLE.outcome, raw).fit(cov_type="HC0")
    np.testing.assert_allclose([one.value for one in found], theirs.params[3:], rtol=1e-8)
    np.testing.assert_allclose([one.std_error for one in found], theirs.bse[3:], rtol=1e-8)


def test_errors_by_cluster_are_those_of_statsmodels() -> None:
    cluster = np.arange(300) // 10
    models = pooled(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, np.ones(300))
    assert not isinstance(models, Refusal)
    found = coefficients(models[0], COLUMNS, (), cluster)
    raw = np.column_stack([np.ones(300), *SHIFTED.values(), SAMPLE.treatment])
    fitted = sm.OLS(SAMPLE.outcome, raw).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    stata = np.sqrt((300 - 1) / (300 - 4))
    assert found[0].std_error == pytest.approx(float(fitted.bse[3]) / stata)


def test_without_interactions_everyone_has_the_same_effect() -> None:
    models = pooled(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, np.ones(300))
    assert not isinstance(models, Refusal)
    gaps = models[1].predictions - models[0].predictions
    np.testing.assert_allclose(gaps, coefficients(models[0], COLUMNS)[0].value)


def test_an_interaction_that_is_no_covariate_is_refused() -> None:
    found = pooled(COLUMNS, SAMPLE.outcome, SAMPLE.treatment, np.ones(300), ("three",))
    assert isinstance(found, Refusal)
    assert found.detail == "interactions: 'three' is no covariate of the outcome; these are one, two"
