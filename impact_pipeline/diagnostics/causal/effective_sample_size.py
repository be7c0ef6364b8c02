"""Whether enough of the log is about the target policy."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.off_policy.off_policy_fit import OffPolicyFit

LEAST, LEAST_SHARE = 100.0, 0.01


class EffectiveSampleSize:
    """Fails below 100 decisions of equal weight, or below 1 % of the log: few large weights then make the value.

    With fewer than a hundred the normal interval of a skewed sum covers too little (rare rewards need more:
    `effective_rewards` counts them); below 1 % the weights' own spread is not seen yet either.
    """

    name: ClassVar[str] = "effective_sample_size"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})
    asks: ClassVar[str] = "Is enough of the log about the new policy?"
    pass_means: ClassVar[str] = "No handful of decisions makes the value, so its interval may be read."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = effects.fit if effects else None
        if not isinstance(fit, OffPolicyFit):
            return Checked(Finding(self.name, None, None, None, "There is no fit to judge.", "none", {}))
        weights, found = fit.weights, fit.used.effective_size
        least = max(LEAST, LEAST_SHARE * len(weights))
        heavy = np.abs(weights * question.sample.reward)
        rewards = float(heavy.sum() ** 2 / np.sum(heavy**2)) if heavy.any() else 0.0
        largest = float(weights.max() / weights.sum())
        sentence = f"{len(weights)} logged decisions count as {found:.0f} of the new policy; {least:.0f} are the least."
        details = {"effective_rewards": rewards, "largest_share": largest, "largest_weight": float(weights.max())}
        return Checked(Finding(self.name, found >= least, found, least, sentence, "never_ship", details))
