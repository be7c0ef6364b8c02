"""Whether ways to value the policy that rest on different assumptions say the same."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.off_policy.off_policy_fit import OffPolicyFit
from impact_pipeline.stats.off_policy.value_intervals import ValueInterval, value_interval

LEVEL = 0.01


class PolicyValuesAgree:
    """Fails where the value differs from another method's by more than chance: p below 1 % over the number of others.

    All are made of the same decisions, so the error of a difference is that of the differences decision by decision.
    Weights fail with wrong propensities, a reward model alone with a wrong model; where both agree, neither is far off.
    `direct` is left out unless it is the design's choice: it is meant to differ where the model is poor.
    """

    name: ClassVar[str] = "policy_values_agree"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})
    asks: ClassVar[str] = "Do methods that rest on different assumptions value the policy alike?"
    pass_means: ClassVar[str] = "The value does not hang on the method."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = effects.fit if effects else None
        if not isinstance(fit, OffPolicyFit):
            return Checked(Finding(self.name, None, None, None, "There is no fit to judge.", "none", {}))
        own = question.design.estimator
        p_values: dict[str, float] = {}
        for name, other in fit.values.items():
            if name in (own, "direct"):
                continue
            gap = fit.values[own].value - other.value
            left = fit.values[own].rows - other.rows
            found = value_interval(gap, left, question.alpha, cluster=question.sample.cluster)
            if isinstance(found, ValueInterval):
                p_values[name] = found.p_value
        if not p_values:
            return Checked(Finding(self.name, None, None, None, "There is no other method to compare.", "none", {}))
        worst, threshold = min(p_values, key=lambda name: p_values[name]), LEVEL / len(p_values)
        passed = p_values[worst] >= threshold
        told = "no more than chance" if passed else "more than chance"
        values = f"{own} says {fit.values[own].value:.4g}, {worst} {fit.values[worst].value:.4g}"  # type: ignore[index]
        sentence = f"Furthest apart of {len(p_values)}: {values}, {told} (p = {p_values[worst]:.2g})."
        details: dict[str, float | int | str] = {name: one.value for name, one in fit.values.items()}
        return Checked(Finding(self.name, passed, p_values[worst], threshold, sentence, "never_ship", details))
