"""The new policy's gain as large weights are bounded more and more: is it made by a few decisions?"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.off_policy.off_policy_fit import OffPolicyFit, OffPolicyModel, off_policy_fit
from impact_pipeline.stats.off_policy.value_intervals import ValueInterval, value_interval
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

SHARES = (0.999, 0.99, 0.95, 0.9)
"""Quantiles of the weights at which they are clipped."""


class WeightClipping:
    """Fails where clipping the largest weights turns the sign of an effect whose interval leaves out 0.

    Weights are clipped at their 99.9, 99, 95 and 90 % quantiles and self-normalised, so that what is cut off is not
    missing from the mean. The other methods of the design are shown beside them, at the design's own clip.
    """

    name: ClassVar[str] = "weight_clipping"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})
    asks: ClassVar[str] = "Is the gain made by a few decisions of large weight?"
    pass_means: ClassVar[str] = "The gain keeps its sign as the largest weights are bounded."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[LoggedDecisions, Any], effects: Effects | None) -> Checked:
        main, fit = (effects.main, effects.fit) if effects else (None, None)
        if not isinstance(main, Effect) or not isinstance(fit, OffPolicyFit):
            return Checked(Finding(self.name, None, None, None, "There is no effect to compare with.", "none", {}))
        clipped = [_at(question, float(clip)) for clip in np.unique(np.quantile(fit.weights, SHARES))[::-1]]
        curve = _curve(question, main, fit, clipped)
        values = [one.value for one in clipped if one.value is not None]
        if main.lower <= 0 <= main.upper or not values:
            sentence = "The effect cannot be told from 0, so no clip can overturn it."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}), (curve,))
        kept = sum(value * main.value > 0 for value in values) / len(values)
        told = "keeps its sign at every clip" if kept == 1 else "changes its sign as large weights are clipped"
        sentence = f"The effect {told}: {min(values):.4g} to {max(values):.4g}, unclipped {main.value:.4g}."
        details = {"least": min(values), "most": max(values)}
        return Checked(Finding(self.name, kept == 1, kept, 1.0, sentence, "never_ship", details), (curve,))


def _at(question: Question[LoggedDecisions, Any], clip: float) -> Alternative:
    choice = (("clip", f"{clip:.4g}"),)
    fit = off_policy_fit(question.sample, OffPolicyModel(clip), question.rng("clip"), modelled=False)
    if isinstance(fit, Refusal):
        return Alternative(choice, None, None, None, refused=fit.detail)
    return _alternative(question, fit, "snips", choice)


def _alternative(
    question: Question[LoggedDecisions, Any], fit: OffPolicyFit, name: Any, choice: tuple[tuple[str, str], ...]
) -> Alternative:
    found = fit.difference(name)
    interval = value_interval(found.value, found.influence, question.alpha, cluster=question.sample.cluster)
    if not isinstance(interval, ValueInterval):
        return Alternative(choice, None, None, None, refused=interval.detail)
    return Alternative(choice, found.value, interval.lower, interval.upper)


def _curve(
    question: Question[LoggedDecisions, Any], main: Effect, fit: OffPolicyFit, clipped: list[Alternative]
) -> SpecificationCurve:
    own = question.design.estimator
    first = Alternative((("estimator", own),), main.value, main.lower, main.upper, is_main=True)
    others = [_alternative(question, fit, name, (("estimator", name),)) for name in fit.values if name != own]
    return SpecificationCurve("weight_clipping", "Gain by method and clip", (first, *others, *clipped))
