"""Samples at a cut-off of 0, and what checks and refuters find in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Question
from impact_pipeline.diagnostics.causal.base import CausalCheck, Checked
from impact_pipeline.estimators.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.stats.samples.cross_section import CrossSection

WINDOW = {"method": "window", "window": 0.2}


def design(**settings: Any) -> Design:
    return Design.model_validate({"type": "regression_discontinuity", **settings})


def sample(seed: int = 0, n: int = 2000, *, effect: float = 1.0, step: float = 0.0) -> CrossSection:
    """Treated from 0 on; a line each side, one covariate that moves with the score and one that does not."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(-1, 1, n)
    if step:
        score = np.round(score / step) * step
    treated = (score >= 0).astype(np.float64)
    outcome = score + effect * treated + 0.5 * rng.normal(size=n)
    covariates = {"age": score + rng.normal(size=n), "sex": (rng.uniform(size=n) < 0.5).astype(np.float64)}
    return CrossSection(outcome, treated, covariates, score=score)


def checked(check: CausalCheck, section: CrossSection, **settings: Any) -> Checked:
    question = Question(section, design(**settings))
    return check.check(question, RegressionDiscontinuity().effects(question) if check.needs_fit else None)
