from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.causal.weak_first_stage import WeakFirstStage
from impact_pipeline.estimators.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, design, sample


def taken_up(jump: float, seed: int = 100) -> CrossSection:
    section = sample()
    luck = np.random.default_rng(seed).uniform(size=2000)
    return replace(section, treatment=(luck < 0.3 + jump * section.treatment).astype(float))


def test_a_clear_jump_passes_with_the_f_of_the_effects() -> None:
    section = taken_up(0.5)
    found = checked(WeakFirstStage(), section, fuzzy=True).finding
    effects = RegressionDiscontinuity().effects(Question(section, design(fuzzy=True)))
    assert found.passed is True
    assert found.statistic == pytest.approx(effects.numbers["first stage F"], rel=1e-9)


@pytest.mark.parametrize("settings", [{}, WINDOW])
def test_a_small_jump_fails_whether_or_not_there_is_an_effect(settings: dict[str, object]) -> None:
    found = checked(WeakFirstStage(), taken_up(0.0), fuzzy=True, **settings).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "below 10: the interval of the ratio is not to be trusted" in found.sentence


@pytest.mark.parametrize("settings", [{}, WINDOW])
def test_full_take_up_has_no_error_and_passes(settings: dict[str, object]) -> None:
    assert checked(WeakFirstStage(), sample(), fuzzy=True, **settings).finding.passed is True


def test_a_sharp_design_has_none() -> None:
    assert checked(WeakFirstStage(), sample()).finding.passed is None


def test_what_cannot_be_fitted_is_not_judged() -> None:
    found = checked(WeakFirstStage(), sample(n=12), fuzzy=True).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert "There is no first stage to judge" in found.sentence
