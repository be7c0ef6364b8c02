"""Balance after adjustment: who passes, who fails, who is not asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from impact_pipeline.causal.base import Effects
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.balance import CovariateBalance
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import trainees_and_others

SAMPLE = chosen(1_000, 1)


def _finding(sample: CrossSection, **settings: Any) -> Finding:
    return CovariateBalance().check(asked(sample, **settings), effects_of(sample, **settings)).finding


def test_a_right_score_balances() -> None:
    found = _finding(SAMPLE, estimator="ipw")
    assert found.passed
    assert found.statistic is not None
    assert found.statistic < 0.1


def test_single_matches_of_lalonde_fail_and_name_the_worst() -> None:
    found = _finding(trainees_and_others(), estimator="matching", estimand="ATT")
    assert found.passed is False
    assert found.consequence == "never_ship"
    assert found.sentence.startswith("After adjustment the largest standardised difference is +0.239 ('age'); 2 of 8")


def test_details_tell_before_and_after() -> None:
    found = _finding(trainees_and_others(), estimator="entropy_balancing", estimand="ATT")
    assert found.details["age before"] == pytest.approx(-0.3094, abs=5e-5)
    assert found.details["age after"] == pytest.approx(0, abs=1e-7)
    assert found.details["propensity score before"] == pytest.approx(1.7941, abs=5e-5)
    assert found.details["age variance ratio"] != 1


def test_regressions_are_not_judged() -> None:
    found = _finding(SAMPLE, estimator="regression")
    assert (found.passed, found.consequence) == (None, "none")
    assert found.sentence.startswith("The method weighs nobody; unadjusted,")


def test_no_covariates_fail() -> None:
    found = _finding(replace(SAMPLE, covariates={}), estimator="ipw")
    assert (found.passed, found.sentence) == (False, "No covariates: nothing makes the arms comparable.")


def test_without_a_fit_nothing_is_judged() -> None:
    found = CovariateBalance().check(asked(SAMPLE), Effects(Refusal("collinear", ""))).finding
    assert found.passed is None
