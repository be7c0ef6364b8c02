from __future__ import annotations

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.causal.endogeneity import Endogeneity
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.diagnostics.causal.instrumented import checked, sample


def test_a_confounded_treatment_differs_and_costs_nothing() -> None:
    found = checked(Endogeneity(), sample(1, n=2000)).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert "differ by more than chance" in found.sentence
    assert found.statistic is not None
    assert found.statistic < 0.001


def test_a_treatment_that_is_as_good_as_random_does_not_differ() -> None:
    rng = np.random.default_rng(2)
    z, u, v = rng.normal(size=(3, 500))
    found = checked(Endogeneity(), CrossSection(z + u + v, z + u, instruments={"z": z})).finding
    assert "do not differ by more than chance" in found.sentence


def test_without_a_fit_there_is_nothing_to_compare() -> None:
    found = Endogeneity().check(Question(sample(3), None), Effects(Refusal("collinear", ""))).finding
    assert (found.passed, found.sentence) == (None, "There is nothing to compare.")
