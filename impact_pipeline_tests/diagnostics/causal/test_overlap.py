"""Overlap: extreme scores, units that carry all, separation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.causal.base import Effects
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.overlap import Overlap
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import births

SAMPLE = chosen(1_000, 1)


def _finding(sample: CrossSection, **settings: Any) -> Finding:
    return Overlap().check(asked(sample, **settings), effects_of(sample, **settings)).finding


def _pulled(pull: float) -> CrossSection:
    rng = np.random.default_rng(3)
    treated = (rng.random(1_000) < 1 / (1 + np.exp(-pull * SAMPLE.covariates["one"]))) * 1.0
    return replace(SAMPLE, treatment=treated)


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
@pytest.mark.parametrize("sample", [SAMPLE, births()], ids=["drawn", "births"])
def test_arms_that_share_their_covariates_pass(sample: CrossSection, estimand: str) -> None:
    assert _finding(sample, estimator="ipw", estimand=estimand).passed


@pytest.mark.parametrize("estimator", ["ipw", "aipw", "regression_adjustment", "matching"])
def test_arms_apart_fail(estimator: str) -> None:
    found = _finding(_pulled(6.0), estimator=estimator)
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "within 0.01 of certainty" in found.sentence


def test_trimming_repairs_it() -> None:
    assert _finding(_pulled(3.0), estimator="ipw").passed is False
    assert _finding(_pulled(3.0), estimator="ipw", trimming="crump").passed


def test_separation_fails_with_its_reason() -> None:
    separated = replace(SAMPLE, treatment=(SAMPLE.covariates["one"] > 0) * 1.0)
    found = _finding(separated, estimator="regression")
    assert found.passed is False
    assert found.sentence.startswith("Covariate 'one' alone tells treated from untreated units")


def test_without_a_fit_nothing_is_judged() -> None:
    found = Overlap().check(asked(SAMPLE), Effects(Refusal("collinear", ""))).finding
    assert found.passed is None
