"""Whether the treatment needed instruments: how far least squares and the instruments' estimate are apart."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.instruments.fitted import InstrumentalFit
from impact_pipeline.stats.instruments.k_class import KClass
from impact_pipeline.stats.refusal import Refusal

SURPRISING = 0.05


class Endogeneity:
    """Only informs: the Wu-Hausman test says whether least squares differs by more than chance.

    Neither answer speaks against the instruments. No difference is no licence for least squares: weak instruments find
    none.
    """

    name: ClassVar[str] = "endogeneity"
    designs: ClassVar[frozenset[str]] = frozenset({"instrumental_variables"})
    asks: ClassVar[str] = "Would least squares have said something else?"
    pass_means: ClassVar[str] = "It only informs: a difference is what instruments are for."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, InstrumentalFit) or isinstance(fit.wu_hausman, Refusal):
            return Checked(Finding(self.name, None, None, None, "There is nothing to compare.", "none", {}))
        tested, plain = fit.wu_hausman, fit.least_squares
        verdict = "differ by more than chance" if tested.p_value < SURPRISING else "do not differ by more than chance"
        told = f"{plain.value:.4g} and {fit.estimate.value:.4g}" if isinstance(plain, KClass) else "Both"
        sentence = f"Least squares and instruments ({told}) {verdict} (Wu-Hausman p = {tested.p_value:.3g})."
        details = {"wu_hausman_f": tested.statistic}
        return Checked(Finding(self.name, None, tested.p_value, None, sentence, "none", details))
