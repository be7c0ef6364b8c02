"""Two models wrong in the same way agree, and are found once they may bend."""

from __future__ import annotations

import numpy as np

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.model_specification import ModelSpecification
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen


def _finding(sample: CrossSection) -> Finding:
    return ModelSpecification().check(asked(sample), effects_of(sample)).finding


def _bent(n: int, seed: int) -> CrossSection:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    treated = (rng.random(n) < 1 / (1 + np.exp(0.5 - 0.5 * x**2))) * 1.0
    return CrossSection(x + x**2 + rng.normal(size=n), treated, {"x": x})


def test_right_models_suffice() -> None:
    assert _finding(chosen(2_000, 1)).passed


def test_a_square_that_both_models_lack_is_found() -> None:
    found = _finding(_bent(2_000, 1))
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "a model is wrong, and the effect with it" in found.sentence
    assert abs(float(found.details["aipw with richer models"])) < 0.2 < abs(float(found.details["aipw"]))


def test_it_seldom_fails_where_both_models_are_right() -> None:
    assert np.mean([_finding(chosen(600, seed)).passed is False for seed in range(60)]) <= 0.07


def test_small_samples_are_not_asked() -> None:
    found = _finding(chosen(60, 1))
    assert (found.passed, found.consequence) == (None, "none")
    assert found.sentence.startswith("Not asked: the smaller arm of")


def test_large_samples_are_asked_on_a_part() -> None:
    assert _finding(_bent(120_000, 2)).passed is False
