"""Balance of LaLonde's trainees as R's MatchIt prints it, and the yardstick's rules."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.standardised_differences import differences
from impact_pipeline_tests.stats.propensity.published_samples import trainees_and_others

PRINTED = 5.1e-5
VIGNETTE = {"age": -0.3094, "educ": 0.0550, "black": 1.7615, "married": -0.8263, "re74": -0.7211, "re75": -0.2903}
"""MatchIt's vignette, summary of the unmatched lalonde data: Std. Mean Diff."""
RATIOS = {"age": 0.4400, "educ": 0.4959, "re74": 0.5181, "re75": 0.9563}
"""The same table: Var. Ratio."""


def test_differences_are_those_of_matchit() -> None:
    sample = trainees_and_others()
    found = differences(sample.covariates, sample.treatment, np.ones(len(sample)), "ATT")
    for name, value in VIGNETTE.items():
        assert found[name].value == pytest.approx(value, abs=PRINTED)
    for name, value in RATIOS.items():
        assert found[name].variance_ratio == pytest.approx(value, abs=PRINTED)


def test_the_ate_is_measured_in_the_pooled_deviation() -> None:
    sample = trainees_and_others()
    found = differences(sample.covariates, sample.treatment, np.ones(len(sample)), "ATE")
    assert found["age"].value == pytest.approx(-0.242, abs=5e-4)


def test_the_yardstick_is_unadjusted() -> None:
    values, treatment = np.array([1.0, 2.0, 3.0, 1.0, 5.0]), np.array([1.0, 1, 1, 0, 0])
    weights = np.array([1.0, 1, 1, 3, 1])
    assert differences({"x": values}, treatment, weights, "ATT")["x"].value == pytest.approx(0.0)


def test_a_covariate_that_is_constant_among_the_treated_is_measured_by_all() -> None:
    values, treatment = np.array([1.0, 1, 0, 0]), np.array([1.0, 1, 0, 0])
    assert differences({"x": values}, treatment, np.ones(4), "ATT")["x"].value == pytest.approx(2.0)


def test_where_nothing_varies_nothing_differs() -> None:
    found = differences({"x": np.ones(4)}, np.array([1.0, 1, 0, 0]), np.ones(4), "ATE")["x"]
    assert found.value == 0.0
    assert found.variance_ratio is None
