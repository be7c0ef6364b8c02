"""The specification curve of an observational comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.sensitivity.alternative_specifications import AlternativeSpecifications
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(800, 1)


def _checked(sample: CrossSection, **settings: Any) -> Checked:
    return AlternativeSpecifications().check(asked(sample, **settings), effects_of(sample, **settings))


def test_right_methods_agree_and_are_drawn() -> None:
    found = _checked(SAMPLE)
    assert found.finding.passed
    curve = found.exhibits[0]
    assert isinstance(curve, SpecificationCurve)
    assert [one.is_main for one in curve.alternatives] == [True] + [False] * (len(curve.alternatives) - 1)
    assert len(curve.alternatives) == 16
    assert len({one.choices for one in curve.alternatives}) == 16


def test_an_effect_of_one_wrong_model_stands_alone() -> None:
    wrong = replace(SAMPLE, outcome_covariates={"noise": np.random.default_rng(1).normal(size=800)})
    assert _checked(wrong, estimator="regression_adjustment").finding.passed is False


def test_alternatives_that_are_refused_are_kept_with_their_reason() -> None:
    separated = replace(SAMPLE, treatment=(SAMPLE.covariates["one"] > 0) * 1.0)
    curve = _checked(separated, estimator="regression").exhibits[0]
    assert isinstance(curve, SpecificationCurve)
    assert any(one.refused and one.value is None for one in curve.alternatives)


def test_matches_are_no_alternative_to_clusters() -> None:
    curve = _checked(replace(SAMPLE, cluster=np.arange(800) // 4)).exhibits[0]
    assert isinstance(curve, SpecificationCurve)
    assert all(dict(one.choices)["estimator"] != "matching" for one in curve.alternatives)


def test_it_is_not_asked_of_no_effect() -> None:
    found = _checked(replace(SAMPLE, outcome=np.ones(800)))
    assert found.finding.passed is None
    assert found.exhibits == ()


def test_large_samples_are_compared_on_a_part_with_their_own_effect() -> None:
    curve = _checked(chosen(150_000, 2), estimator="ipw").exhibits[0]
    assert isinstance(curve, SpecificationCurve)
    assert "units drawn by chance" in curve.title
    main = curve.alternatives[0]
    assert main.value != effects_of(chosen(150_000, 2), estimator="ipw").main.value  # type: ignore[union-attr]
