"""Whether importance weights average to 1, as they must."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.off_policy.off_policy_fit import OffPolicyFit

LEVEL = 0.01


class WeightMean:
    """Fails where the mean of the weights, before clipping, differs from 1 at 1 %.

    `E[target / propensity] = 1` whatever the rewards, where propensities are those that acted and the log gives a
    chance to all that the target does: a mean below 1 may be missing support, any other is wrong propensities.
    """

    name: ClassVar[str] = "weight_mean"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})
    asks: ClassVar[str] = "Do importance weights average to 1?"
    pass_means: ClassVar[str] = "Propensities and targets agree with what was logged, on average."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = effects.fit if effects else None
        if not isinstance(fit, OffPolicyFit):
            return Checked(Finding(self.name, None, None, None, "There is no fit to judge.", "none", {}))
        mean, error = fit.raw.mean, fit.raw.std_error
        off = abs(mean - 1)
        p_value = float(2 * upper_tail(off / error, float("inf"))) if error > 0 else float(off < 1e-9)
        told = "1 but for chance" if p_value >= LEVEL else "not 1: propensities are wrong, or support is missing"
        sentence = f"Weights average to {mean:.4g} (standard error {error:.2g}), {told}."
        details = {"mean_weight": mean, "std_error": error}
        return Checked(Finding(self.name, p_value >= LEVEL, p_value, LEVEL, sentence, "never_ship", details))
