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
    """Fourteen covariates by arm on 40 units: robust errors without correction are far too small."""
    rng = np.random.default_rng(2)
    covariates = {f"x{place}": rng.normal(size=40) for place in range(14)}
    few = CrossSection(rng.normal(size=40), (np.arange(40) % 2) * 1.0, covariates)
    found = _finding(few, estimator="regression_adjustment")
    assert (found.passed, found.consequence) == (False, "hold")
    assert found.statistic is not None
    assert found.statistic > 4


def test_clusters_are_not_asked() -> None:
    assert _finding(replace(SAMPLE, cluster=np.arange(400) // 2)).passed is None


def test_shuffles_that_tell_nothing_are_said() -> None:
    found = _finding(replace(SAMPLE, outcome=np.ones(400)))
    assert (found.passed, found.sentence) == (None, "20 of 20 shuffles tell no effect.")
