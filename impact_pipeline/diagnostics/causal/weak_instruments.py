"""Whether the instruments move the treatment enough for the estimate to be about it."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.instruments.fitted import of_sample, strength
from impact_pipeline.stats.refusal import Refusal


class WeakInstruments:
    """Fails where the effective F does not exclude a bias above `worst_bias` of the worst case, at 5 %.

    That is the test of Montiel Olea and Pflueger (2013) at the design's `worst_bias`: with one instrument 23.1 at 0.1,
    beside the rule of thumb of 10 (Staiger, Stock 1997), which is too low where errors are unequal. It caps the grade
    whatever the interval: an Anderson-Rubin interval stays honest, the value in it leans towards least squares.
    """

    name: ClassVar[str] = "weak_instruments"
    designs: ClassVar[frozenset[str]] = frozenset({"instrumental_variables"})
    asks: ClassVar[str] = "Do the instruments move the treatment enough?"
    pass_means: ClassVar[str] = "The value's bias towards least squares is small, and Wald's interval may be read."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        rows = of_sample(question.sample, question.design.errors)
        if isinstance(rows, Refusal):
            sentence = f"There is no first stage to judge: {rows.detail}."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {}))
        found = strength(rows, question.design.worst_bias)
        share = f"{100 * question.design.worst_bias:.4g} %"
        bound = f"{found.weak_below:.1f} that excludes a bias above {share} of the worst case"
        side = "below" if found.is_weak else "at or above"
        sentence = f"The effective F of the first stage is {found.effective_f:.1f}, {side} the {bound}."
        details = {"first_stage_f": found.first_stage_f, "instruments": rows.instruments, "errors": rows.errors}
        passed, statistic, threshold = not found.is_weak, found.effective_f, found.weak_below
        return Checked(Finding(self.name, passed, statistic, threshold, sentence, "never_ship", details))
