"""One wrong model shows itself by what it makes of the effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.doubly_robust_disagreement import DoublyRobustDisagreement
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import births

SAMPLE = chosen(2_000, 1)
ONE = {"two": SAMPLE.covariates["two"]}


def _finding(sample: CrossSection, estimator: str = "aipw") -> Finding:
    question = asked(sample, estimator=estimator)
    return DoublyRobustDisagreement().check(question, effects_of(sample, estimator=estimator)).finding


def test_right_models_agree() -> None:
    assert _finding(SAMPLE).passed
    assert _finding(births()).passed


def test_an_outcome_model_that_lacks_a_cause_is_found() -> None:
    found = _finding(replace(SAMPLE, outcome_covariates=ONE))
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "a model is wrong and the answer is right only if the other is" in found.sentence
    assert set(found.details) == {"aipw", "ipw", "regression_adjustment"}


def test_a_score_that_lacks_a_cause_is_found() -> None:
    found = _finding(replace(SAMPLE, covariates=ONE, outcome_covariates=SAMPLE.covariates), "ipw")
    assert found.passed is False
    assert "the answer may rest on that one" in found.sentence


def test_it_seldom_fails_where_both_models_are_right() -> None:
    failed = [_finding(chosen(500, seed)).passed is False for seed in range(100)]
    assert np.mean(failed) <= 0.05


def test_without_a_score_it_is_not_asked() -> None:
    separated = replace(SAMPLE, treatment=(SAMPLE.covariates["one"] > 0) * 1.0)
    found = _finding(separated, "regression")
    assert (found.passed, found.consequence) == (None, "none")
    assert found.sentence.startswith("Not all estimators exist: covariate 'one'")
