"""Whether a second estimator, which leans on other periods, finds the same effect."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.stats.refusal import Refusal

LEVEL = 0.01


class EstimatorsAgree:
    """Fails where imputation differs from the main effect, with the same weights, beyond their joint error at 1 %.

    Group-time effects measure from the last period before adoption, imputation from all periods before it: both are
    right where trends were parallel throughout, so that a difference which their joint error does not explain says
    they were not (the idea of Hausman 1978). The error is that of the difference on the same units, far smaller than
    either's own; the level is strict because the pre-test looks at the same assumption.
    """

    name: ClassVar[str] = "estimators_agree"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Does a second estimator find the same effect?"
    pass_means: ClassVar[str] = "The effect does not hang on which periods before adoption it is measured from."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        if question.design.cross_check == "none":
            sentence = "The design asks for no second estimator."
            return not_judged(self.name, sentence)
        fit = fit_of(effects)
        apart, other = fit.from_imputation, fit.cross_check
        if isinstance(apart, Refusal) or isinstance(other, Refusal):
            detail = apart.detail if isinstance(apart, Refusal) else ""
            return not_judged(self.name, f"Imputation has no answer: {detail}.")
        passed = apart.p_value >= LEVEL
        told = "within" if passed else "beyond"
        sentence = (
            f"Imputation finds {other.value:.3g} where group-time effects find {fit.average.value:.3g}: {told} the"
            f" joint error of their difference ({apart.std_error:.2g}, p = {apart.p_value:.2g})."
        )
        details = {"imputation": other.value, "difference": apart.difference, "std_error": apart.std_error}
        return Checked(Finding(self.name, passed, apart.p_value, LEVEL, sentence, "never_ship", details))
