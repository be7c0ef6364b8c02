"""Whether the cut-off moves the treatment enough for a ratio of jumps to be read."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.discontinuity import first_stage, strength_of, unjudged_fit
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

LEAST_F = 10.0


class WeakFirstStage:
    """Fails where the F statistic of the treatment's jump is below 10 in a fuzzy design.

    The rule is Staiger's and Stock's (1997) for one instrument, with the square of the robust bias-corrected statistic:
    below it the ratio's normal law, and so its interval, is not to be trusted (Feir, Lemieux, Marmer 2016).
    """

    name: ClassVar[str] = "weak_first_stage"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Does the cut-off move the treatment enough?"
    pass_means: ClassVar[str] = "The treatment jumps clearly at the cut-off, so the ratio of jumps may be read."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        if not question.design.fuzzy:
            return self._not_judged("The design is sharp: the cut-off decides the treatment alone.")
        fit = unjudged_fit(question.sample, question.design)
        if isinstance(fit, Refusal):
            return self._not_judged(f"There is no first stage to judge: {fit.detail}.")
        step = first_stage(fit, question.alpha)
        if step.std_error == 0:
            told = "All units on one side of the cut-off are treated and none on the other."
            return Checked(Finding(self.name, True, None, LEAST_F, told, "never_ship", {"jump": step.value}))
        strength = strength_of(step)
        passed = strength >= LEAST_F
        sentence = f"The treatment jumps by {step.value:.3g} at the cut-off, with an F statistic of {strength:.1f}"
        sentence += "." if passed else f", below {LEAST_F:g}: the interval of the ratio is not to be trusted."
        return Checked(Finding(self.name, passed, strength, LEAST_F, sentence, "never_ship", {"jump": step.value}))

    def _not_judged(self, sentence: str) -> Checked:
        return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
