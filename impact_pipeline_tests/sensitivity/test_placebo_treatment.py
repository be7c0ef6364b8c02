"""Treatment dealt out by chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.sensitivity.placebo_treatment import PlaceboTreatment
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(400, 1)


def _finding(sample: CrossSection, **settings: Any) -> Finding:
    return PlaceboTreatment().check(asked(sample, **settings), effects_of(sample, **settings)).finding


@pytest.mark.parametrize("estimator", ["aipw", "ipw", "entropy_balancing", "matching"])
def test_right_errors_pass(estimator: str) -> None:
    found = _finding(SAMPLE, estimator=estimator)
    assert found.passed
    assert abs(float(found.details["mean effect"])) < 0.3


def test_errors_that_are_too_small_fail() -> None:
    """Two treated units: their robust error is `|d| / sqrt(8)`, and 40 % of shuffles are significant, not 5 %.

    `d` is their difference, so the statistic is Cauchy times `sqrt(2)`; of 20 shuffles at most 4 are in 5 % of samples.
    """
    treatment, failed = (np.arange(200) < 2) * 1.0, 0
    for seed in range(10):
        few = CrossSection(np.random.default_rng(seed).normal(size=200), treatment)
        found = _finding(few, estimator="regression_adjustment")
        failed += found.passed is False
        assert found.consequence == "hold"
    assert failed >= 7


def test_clusters_are_not_asked() -> None:
    assert _finding(replace(SAMPLE, cluster=np.arange(400) // 2)).passed is None


def test_shuffles_that_tell_nothing_are_said() -> None:
    found = _finding(replace(SAMPLE, outcome=np.ones(400)))
    assert (found.passed, found.sentence) == (None, "20 of 20 shuffles tell no effect.")
