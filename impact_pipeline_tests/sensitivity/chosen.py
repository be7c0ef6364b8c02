"""Observational samples with and without a hidden cause, and what refuters find in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.causal.base import CausalCheck, Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.samples.cross_section import CrossSection


def chosen(seed: int, *, n: int = 600, effect: float = 1.0, hidden: float = 0.0, binary: bool = False) -> CrossSection:
    """Two arms; `x` drives choice and outcome, and so does a hidden cause; `binary` outcomes tell who is above 1."""
    rng = np.random.default_rng([11, seed])
    x, other, unseen, noise = rng.normal(size=(4, n))
    treatment = (rng.random(n) < 1 / (1 + np.exp(-0.7 * x - hidden * unseen))).astype(np.float64)
    outcome = effect * treatment + 0.5 * x + 0.2 * other + hidden * unseen + noise
    return CrossSection((outcome > 1).astype(float) if binary else outcome, treatment, {"x": x, "other": other})


def refuted(check: CausalCheck, section: CrossSection, *, alpha: float = 0.05, **settings: Any) -> Checked:
    """The refuter's answer; by default of linear regression."""
    design = Observational.model_validate({"type": "observational", "estimator": "linear_regression", **settings})
    estimator = causal_estimator(design)
    assert estimator is not None
    question = Question(section, design, alpha=alpha, seed=1)
    return check.check(question, estimator.effects(question))
