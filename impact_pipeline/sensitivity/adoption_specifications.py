"""The effect under other settings of staggered adoption that an analyst could have chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from statistics import median
from typing import Any, ClassVar

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.comparable import Comparison
from impact_pipeline.stats.staggered_adoption.doubly_robust import Estimation
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit, fit_cohorts

COMPARISONS: tuple[Comparison, ...] = ("never_treated", "not_yet_treated")
WITHOUT = "without covariates"
ESTIMATIONS: dict[str, Estimation] = {
    "doubly robust": "doubly_robust", "regression": "regression", "ipw": "ipw", WITHOUT: "doubly_robust",
}  # fmt: skip


class AdoptionSpecifications:
    """Re-estimates with either comparison group, one more period of anticipation, and each use of the covariates.

    Fails where an alternative is significantly of the other sign, or where the median of all lies outside the interval
    of the chosen one: then the answer is the analyst's choice. One odd specification alone does not fail it. The base
    period is not among the choices: effects from adoption on are the same for both.
    """

    name: ClassVar[str] = "adoption_specifications"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Would other reasonable settings have given another answer?"
    pass_means: ClassVar[str] = "The answer does not hang on the comparison group, the base or the covariates."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = fit_of(effects)
        if effects is None or isinstance(effects.main, Refusal):
            return not_judged(self.name, "There is no effect to compare with.")
        found = tuple(_alternatives(fit, question, effects.main))
        curve = SpecificationCurve(self.name, "Effect by specification", found)
        others = [one for one in found if not one.is_main and one.value is not None]
        if not others:
            return Checked(not_judged(self.name, "No other specification has a number.").finding, (curve,))
        opposed = [one for one in others if _opposes(one, effects.main)]
        middle = median(one.value for one in found if one.value is not None)
        inside = effects.main.lower <= middle <= effects.main.upper
        sentence = (
            f"{len(others)} other specifications range from {min(_values(others)):.3g} to {max(_values(others)):.3g}"
            f" around a median of {middle:.3g}; {len(opposed)} of them find the opposite beyond their error."
        )
        details = {"median": middle, "specifications": len(others), "opposed": len(opposed)}
        passed = not opposed and inside
        finding = Finding(self.name, passed, float(len(opposed)), 0.0, sentence, "hold", details)
        return Checked(finding, (curve,))


def _alternatives(fit: StaggeredFit, question: Question[Any, Any], main: Effect) -> Iterator[Alternative]:
    design, whole = question.design, fit.whole
    uses = tuple(ESTIMATIONS) if whole.covariates else (WITHOUT,)
    own = design.estimation.replace("_", " ") if whole.covariates else WITHOUT
    chosen = (design.comparison, design.anticipation, own)
    leads = (design.anticipation, design.anticipation + 1)
    for comparison, lead, use in product(COMPARISONS, leads, uses):
        choices = (
            ("comparison", comparison.replace("_", " ")), ("anticipation", str(lead)),
            ("covariates", use),
        )  # fmt: skip
        if (comparison, lead, use) == chosen:
            yield Alternative(choices, main.value, main.lower, main.upper, True)
            continue
        found = fit_cohorts(
            replace(whole, covariates={}) if use == WITHOUT else whole, comparison, asked=fit.asked, anticipation=lead,
            estimation=ESTIMATIONS[use],
        )  # fmt: skip
        yield alternative(choices, found, question.alpha)


def alternative(choices: tuple[tuple[str, str], ...], found: StaggeredFit | Refusal, alpha: float) -> Alternative:
    """A fit as a point of a specification curve."""
    if isinstance(found, Refusal):
        return Alternative(choices, None, None, None, refused=found.detail)
    value = found.average.value
    half = found.found.critical_value(alpha) * found.found.std_error(found.average.gradient)
    return Alternative(choices, value, value - half, value + half)


def _values(alternatives: Sequence[Alternative]) -> list[float]:
    return [one.value for one in alternatives if one.value is not None]


def _opposes(one: Alternative, main: Effect) -> bool:
    if one.lower is None or one.upper is None:
        return False
    return one.upper < 0 < main.value or main.value < 0 < one.lower
