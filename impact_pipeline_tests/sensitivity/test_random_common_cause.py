"""A covariate of pure chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.sensitivity.random_common_cause import RandomCommonCause
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(500, 1)


def _finding(sample: CrossSection, **settings: Any) -> Finding:
    return RandomCommonCause().check(asked(sample, **settings), effects_of(sample, **settings)).finding


@pytest.mark.parametrize("estimator", ["aipw", "regression", "matching"])
def test_chance_leaves_a_stable_effect(estimator: str) -> None:
    found = _finding(SAMPLE, estimator=estimator)
    assert found.passed
    assert found.details["draws"] == 5


def test_it_goes_into_the_outcomes_model_too() -> None:
    assert _finding(replace(SAMPLE, outcome_covariates=SAMPLE.covariates)).passed


def test_it_is_equal_on_repeat() -> None:
    assert _finding(SAMPLE) == _finding(SAMPLE)


def test_a_sample_that_carries_no_more_covariates_fails() -> None:
    few = SAMPLE.keep(np.isin(np.arange(500), [*np.flatnonzero(SAMPLE.treatment == 1)[:3], *range(100)]))
    rows = np.concatenate([np.flatnonzero(few.treatment == 1)[:3], np.flatnonzero(few.treatment == 0)])
    tiny = few.keep(np.isin(np.arange(len(few)), rows))
    found = _finding(tiny, estimator="regression_adjustment")
    assert (found.passed, found.consequence) == (False, "hold")


def test_it_is_not_asked_of_no_effect() -> None:
    assert _finding(replace(SAMPLE, outcome=np.ones(500))).passed is None
