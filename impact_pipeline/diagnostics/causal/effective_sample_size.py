"""Whether enough of the log is about the target policy."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.off_policy.off_policy_fit import OffPolicyFit

LEAST, LEAST_SHARE = 100.0, 0.01
LEAST_REWARDS = 20.0


class EffectiveSampleSize:
    """Fails below 100 decisions of equal weight, below 1 % of the log, or below 20 rewards of equal weight.

    With fewer decisions a few large weights make the value, and below 1 % of the log the weights' own spread is not
    seen yet. Rewards count by `(sum w |r|)^2 / sum (w r)^2`: where they are rare, the normal interval of a sum of few
    covers too little, and too seldom from above, since the next large one has not been seen.
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
        least, rewards = max(LEAST, LEAST_SHARE * len(weights)), _effective(weights * question.sample.reward)
        decisions = (
            f"{len(weights)} logged decisions count as {found:.0f} of the new policy ({least:.0f} are the least)"
        )
        sentence = f"{decisions}, their rewards as {rewards:.0f} ({LEAST_REWARDS:.0f})."
        details = {
            "effective_rewards": rewards,
            "largest_share": float(weights.max() / weights.sum()),
            "largest_weight": float(weights.max()),
        }
        passed = found >= least and rewards >= LEAST_REWARDS
        return Checked(Finding(self.name, passed, found, least, sentence, "never_ship", details))


def _effective(parts: Array) -> float:
    squares = float(np.sum(parts**2))
    return float(np.abs(parts).sum()) ** 2 / squares if squares > 0 else 0.0
