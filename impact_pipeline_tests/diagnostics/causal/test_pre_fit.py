from __future__ import annotations

import numpy as np

from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.causal.pre_fit import PreFit
from impact_pipeline_tests.estimators.causal.synthetic_questions import BEFORE, design, drawn_outcomes, finding
from impact_pipeline_tests.stats.synthetic_control.panels import panel


def test_a_mixture_of_donors_is_fitted_as_they_are() -> None:
    found = finding(PreFit(), drawn_outcomes())
    assert found.passed
    assert found.consequence == "never_ship"
    assert "misses the treated units by" in found.sentence


def test_swings_that_no_donor_has_fail() -> None:
    values = drawn_outcomes()
    values[0, :BEFORE] += 6 * np.cos(np.arange(BEFORE))
    for method in ("outcome_only", "synthetic_difference_in_differences"):
        found = finding(PreFit(), values, method=method)
        assert found.passed is False
        assert found.statistic is not None
        assert found.threshold is not None
        assert found.statistic > found.threshold >= 2 * float(found.details["donors_median"]) * (1 - 1e-12)


def test_a_level_of_its_own_fails_only_methods_without_levels() -> None:
    values = drawn_outcomes()
    values[0] += 30
    assert finding(PreFit(), values).passed is False
    assert finding(PreFit(), values, method="synthetic_difference_in_differences").passed


def test_an_error_that_is_small_beside_donors_spread_passes() -> None:
    rng = np.random.default_rng(0)
    values = np.arange(25.0)[:, None] * 100 + 1e-3 * rng.normal(size=(25, 24))
    values[0] = values[1:3].mean(axis=0) + 0.05 * np.cos(np.arange(24))
    assert finding(PreFit(), values).passed


def test_without_a_fit_there_is_nothing_to_judge() -> None:
    found = PreFit().check(Question(panel(drawn_outcomes(), BEFORE), design()), None).finding
    assert found.passed is None
