"""Whether the effect rests on one cohort alone."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.sensitivity.adoption_specifications import alternative
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit, fit_cohorts


class LeaveOneCohortOut:
    """Re-estimates without each cohort in turn.

    Fails where the effect excludes 0 and leaving out one cohort turns its sign: then it is the story of one time and
    place, not of the change. An effect that does not exclude 0 has no sign to lose.
    """

    name: ClassVar[str] = "leave_one_cohort_out"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Does the effect rest on one cohort alone?"
    pass_means: ClassVar[str] = "No single cohort makes the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = fit_of(effects)
        if effects is None or isinstance(effects.main, Refusal) or len(fit.found.cohorts.adopting) < 2:
            return not_judged(self.name, "There is one cohort only, so none can be left out.")
        main = effects.main
        found = [_without(fit, question, label) for label in fit.found.cohorts.adopting]
        chosen = Alternative((("left out", "none"),), main.value, main.lower, main.upper, True)
        curve = SpecificationCurve(self.name, "Effect without each cohort", (chosen, *found))
        values = [one.value for one in found if one.value is not None]
        if not values:
            return Checked(not_judged(self.name, "Without any one cohort there is no effect left.").finding, (curve,))
        weakest = min(values, key=lambda value: value * (1 if main.value > 0 else -1))
        passed = weakest * main.value > 0 if main.lower > 0 or main.upper < 0 else None
        place = next(one for one in found if one.value == weakest).choices[0][1]
        sentence = (
            f"Without one cohort the effect of {main.value:.3g} ranges from {min(values):.3g} to {max(values):.3g};"
            f" it is weakest without those that adopt in '{place}'."
        )
        finding = Finding(self.name, passed, weakest, 0.0, sentence, "hold", {"weakest_without": place})
        return Checked(finding, (curve,))


def _without(fit: StaggeredFit, question: Question[Any, Any], label: int) -> Alternative:
    design, whole = question.design, fit.whole
    choices = (("left out", whole.periods[label]),)
    found = fit_cohorts(
        whole.keep(whole.first != label), design.comparison, asked=fit.asked, anticipation=design.anticipation,
        estimation=design.estimation,
    )  # fmt: skip
    return alternative(choices, found, question.alpha)
