"""Random parts of the sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.sensitivity.random_subsets import RandomSubsets
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(500, 1)


def _finding(sample: CrossSection, **settings: Any) -> Finding:
    return RandomSubsets().check(asked(sample, **settings), effects_of(sample, **settings)).finding


@pytest.mark.parametrize("estimator", ["aipw", "ipw", "matching"])
def test_parts_tell_the_effect_of_the_whole(estimator: str) -> None:
    found = _finding(SAMPLE, estimator=estimator)
    assert found.passed
    assert float(found.details["least"]) < float(found.details["greatest"])


def test_whole_clusters_are_left_out() -> None:
    assert _finding(replace(SAMPLE, cluster=np.arange(500) // 5)).passed


def test_parts_that_tell_nothing_fail() -> None:
    """Two treated units: most parts hold fewer."""
    rare = replace(SAMPLE, treatment=(np.arange(500) < 2) * 1.0, covariates={"one": SAMPLE.covariates["one"]})
    found = _finding(rare, estimator="regression")
    assert (found.passed, found.consequence) == (False, "hold")
    assert "random parts tell no effect" in found.sentence


def test_it_is_not_asked_of_no_effect() -> None:
    assert _finding(replace(SAMPLE, outcome=np.ones(500))).passed is None
