"""Whether instruments agree with each other on the effect."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.instruments.fitted import InstrumentalFit
from impact_pipeline.stats.refusal import Refusal

LEAST_P_VALUE = 0.05
"""The usual level of the test: valid instruments fail it once in twenty samples."""


class OverIdentification:
    """Fails where Sargan's test (classical errors) or Hansen's J (others) rejects at 5 %.

    An instrument then touches the outcome by a way of its own, or instruments move different people whose effects
    differ: no one number is the effect. A pass is silent about instruments that err alike.
    """

    name: ClassVar[str] = "over_identification"
    designs: ClassVar[frozenset[str]] = frozenset({"instrumental_variables"})
    asks: ClassVar[str] = "Do the instruments agree on the effect?"
    pass_means: ClassVar[str] = "They differ by no more than chance; all of them might still err alike."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, InstrumentalFit) or isinstance(fit.over_identified, Refusal):
            why = fit.over_identified if isinstance(fit, InstrumentalFit) else None
            sentence = f"Not tested: {why.detail}." if isinstance(why, Refusal) else "There is no fit to test."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        tested = fit.over_identified
        passed = tested.p_value >= LEAST_P_VALUE
        verdict = "agree on the effect" if passed else "contradict each other"
        told = f"({tested.name} {tested.statistic:.2f}, p = {tested.p_value:.3g})"
        sentence = f"The {fit.rows.instruments} instruments {verdict} {told}."
        details = {tested.name: tested.statistic, "instruments": fit.rows.instruments}
        return Checked(Finding(self.name, passed, tested.p_value, LEAST_P_VALUE, sentence, "never_ship", details))
