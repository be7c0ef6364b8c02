"""Questions of difference-in-differences on small panels with planted effects."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.catalog.causal.difference_in_differences import DifferenceInDifferences
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.causal.base import CausalCheck, Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn


def design(**settings: Any) -> DifferenceInDifferences:
    return DifferenceInDifferences.model_validate({"type": "difference_in_differences", **settings})


def panel(**given: Any) -> Panel:
    """Sixty units over eight periods, thirty of them treated from the sixth on."""
    return drawn(**{"units": 60, "treated": 30, "periods": 8, "start": 5, **given})


def asked(sample: Any, **settings: Any) -> Question[Any, Any]:
    return Question(sample, design(**settings))


def answered(question: Question[Any, Any]) -> Effects:
    estimator = causal_estimator(question.design)
    assert estimator is not None
    return estimator.effects(question)


def checked(check: CausalCheck, sample: Any, **settings: Any) -> Checked:
    """The check of a sample, after the fit where it needs one."""
    question = asked(sample, **settings)
    return check.check(question, answered(question) if check.needs_fit else None)


def sections(seed: int = 0, n: int = 300) -> CrossSection:
    """Rows before and after, of two groups, with an effect of 1."""
    rng = np.random.default_rng(seed)
    group, after = (rng.random(n) < 0.4) * 1.0, (rng.random(n) < 0.5) * 1.0
    age = rng.normal(size=n) + group
    return CrossSection(rng.normal(size=n) + group + age + group * after, group, {"age": age}, after=after)
