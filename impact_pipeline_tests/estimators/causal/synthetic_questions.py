"""Questions about synthetic controls that tests of estimators and checks share."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.assessment.assess import Assessment, assess
from impact_pipeline.catalog.causal.synthetic_control import SyntheticControl
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import CausalCheck
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.synthetic_control.simplex import Floats
from impact_pipeline_tests.stats.synthetic_control.panels import outcomes, panel

BEFORE = 18


def design(**settings: Any) -> SyntheticControl:
    return SyntheticControl(type="synthetic_control", **settings)


def effects(sample: Panel, alpha: float = 0.05, seed: int = 0, **settings: Any) -> Effects:
    """What the estimator that fits the settings finds."""
    asked = design(**settings)
    estimator = causal_estimator(asked)
    assert estimator is not None
    return estimator.effects(Question(sample, asked, alpha, seed))


def main_effect(found: Effects) -> Effect:
    assert isinstance(found.main, Effect), found.main
    return found.main


def refusal(found: Effects) -> Refusal:
    assert isinstance(found.main, Refusal), found.main
    return found.main


def drawn_outcomes(seed: int = 0, *, donors: int = 24, treated: int = 1, effect: float = 0.0) -> Floats:
    """Outcomes of 18 periods before the change and 6 after."""
    found = outcomes(seed, donors=donors, before=BEFORE, after=6, treated=treated)
    found[:treated, BEFORE:] += effect
    return found


def drawn_panel(seed: int = 0, *, donors: int = 24, treated: int = 1, effect: float = 0.0) -> Panel:
    return panel(drawn_outcomes(seed, donors=donors, treated=treated, effect=effect), BEFORE, treated)


def finding(check: CausalCheck, values: Floats, before: int = BEFORE, treated: int = 1, **settings: Any) -> Finding:
    """What the check says of the outcomes, after the estimator."""
    asked = design(**settings)
    question = Question(panel(values, before, treated), asked)
    estimator = causal_estimator(asked)
    assert estimator is not None
    return check.check(question, estimator.effects(question)).finding


def assessed(sample: Panel, **settings: Any) -> Assessment:
    return assess(Question(sample, design(**settings)))


def ramp(length: int, slope: float) -> Floats:
    return np.asarray(slope * np.arange(length, dtype=np.float64))
