"""Whether the cut-off moves the treatment enough for a ratio of jumps to be read."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
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
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        if effects is None or not question.design.fuzzy:
            told = "The design is sharp: the cut-off decides the treatment alone."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        strength = effects.numbers.get("first stage F")
        if strength is None:
            told = "All units above the cut-off are treated and none below."
            return Checked(Finding(self.name, True, None, LEAST_F, told, "never_ship", {}))
        passed = strength >= LEAST_F
        sentence = f"The F statistic of the treatment's jump is {strength:.1f}"
        sentence += "." if passed else f", below {LEAST_F:g}: the interval of the ratio is not to be trusted."
        return Checked(Finding(self.name, passed, strength, LEAST_F, sentence, "never_ship", {}))
