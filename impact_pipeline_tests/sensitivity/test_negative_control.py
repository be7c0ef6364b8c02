"""Control outcomes, for cross-sections and panels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.causal.designs import CROSS_SECTION_DESIGNS, PANEL_DESIGNS
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.sensitivity.negative_control import NegativeControl
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.estimators.causal.observational_questions import asked, effects_of
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

SAMPLE = chosen(1_000, 1)
NOISE = np.random.default_rng(9).normal(size=(2, 1_000))
CLEAN = replace(SAMPLE, outcome=SAMPLE.covariates["one"] + NOISE[0])
MOVED = replace(SAMPLE, outcome=SAMPLE.treatment + NOISE[1])


def _finding(**probes: CrossSection) -> Finding:
    question: Any = replace(asked(SAMPLE), probes=probes)
    return NegativeControl().check(question, effects_of(SAMPLE)).finding


def test_it_is_for_every_panel_and_cross_section() -> None:
    assert NegativeControl.designs == PANEL_DESIGNS | CROSS_SECTION_DESIGNS


def test_a_control_that_did_not_move_passes() -> None:
    found = _finding(age=CLEAN)
    assert found.passed
    assert found.sentence == "None of 1 control outcomes has an effect."


def test_a_control_that_moved_fails_and_is_named() -> None:
    found = _finding(age=CLEAN, weather=MOVED)
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert found.sentence.startswith("Control 'weather' has an effect of ")
    assert set(found.details) == {"age", "weather"}


def test_the_level_is_shared_by_the_controls() -> None:
    assert _finding(one=CLEAN, two=CLEAN).threshold == pytest.approx(0.025)


def test_a_confounder_that_no_covariate_holds_is_found() -> None:
    """The control shares the hidden cause with the outcome, as a good one does."""
    rng = np.random.default_rng(5)
    hidden = rng.normal(size=1_000)
    treated = (rng.random(1_000) < 1 / (1 + np.exp(-hidden))) * 1.0
    control = replace(SAMPLE, treatment=treated, outcome=hidden + rng.normal(size=1_000))
    assert _finding(before=control).passed is False


def test_without_controls_it_is_not_asked() -> None:
    assert _finding().passed is None


def test_controls_that_cannot_be_told_are_said() -> None:
    found = _finding(flat=replace(SAMPLE, outcome=np.ones(1_000)))
    assert found.passed is None
    assert found.sentence == "No control could be told: the outcome is 1 for all 1000 units."
