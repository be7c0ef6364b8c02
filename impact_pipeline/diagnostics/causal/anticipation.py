"""Whether units reacted before they adopted."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.last_step import last_step

LEVEL = 0.01


class Anticipation:
    """Fails where the change into the last period before adoption has a p-value below 1 %.

    That period is what effects are measured from: what units did in it in view of the change is taken from, or added
    to, every effect. It is one number, so a reaction shows that the joint test of all earlier periods may miss; its
    level is strict because that test looks at the same number among others. A period or more of `anticipation` in the
    design moves the base before the reaction.
    """

    name: ClassVar[str] = "anticipation"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Did units react before they adopted?"
    pass_means: ClassVar[str] = "The period that effects are measured from shows no reaction to what was to come."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        found = fit_of(effects).found
        step = last_step(found)
        if isinstance(step, Refusal):
            sentence = f"A reaction before adoption cannot be seen: {step.detail}."
            return not_judged(self.name, sentence, {"reason": step.reason})
        error = found.std_error(step.gradient)
        p_value = found.p_value(step.value / error) if error > 0 else float(step.value == 0)
        passed = p_value >= LEVEL
        advice = "" if passed else f"; set anticipation to {found.anticipation + 1} or more if units knew beforehand"
        sentence = (
            f"Into the last period before adoption, adopters changed by {step.value:.3g} more than their comparison"
            f" units (p = {p_value:.2g}){advice}."
        )
        details = {"change": step.value, "std_error": error, "event": step.position}
        return Checked(Finding(self.name, passed, p_value, LEVEL, sentence, "never_ship", details))
