"""Whether something else changes at the cut-off: does a covariate that was known before jump there?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.discontinuity import Reading, read_at_cutoff
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.multiplicity import holm
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

LEVEL = 0.05


class CovariateContinuity:
    """Fails where the cut-off moves a covariate: Holm's adjusted p-value of one is below 5 %.

    Each covariate takes the place of the outcome under the design's own settings (a bandwidth rule chooses its own
    width for each), of a fuzzy design by the side alone. What was known before treatment cannot be its effect: a jump
    says that other units stand above the cut-off than below. Holm, because any one of them would do.
    """

    name: ClassVar[str] = "covariate_continuity"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})
    asks: ClassVar[str] = "Do units just above the cut-off differ from those just below in what was known before?"
    pass_means: ClassVar[str] = "No covariate jumps at the cut-off."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[CrossSection, Design], effects: Effects | None) -> Checked:
        design = question.design.model_copy(update={"fuzzy": False, "adjust": False})
        tried = {name: read_at_cutoff(sample, design, LEVEL) for name, sample in _samples(question.sample, design)}
        found = {name: one for name, one in tried.items() if not isinstance(one, Refusal)}
        if not found:
            told = (
                "No covariate could be tested."
                if tried
                else "No covariates are named: nothing known before is compared."
            )
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        return Checked(_finding(found, len(tried) - len(found)))


def _samples(sample: CrossSection, design: Design) -> list[tuple[str, CrossSection]]:
    """The sample with each covariate for the outcome, and treatment as the side says."""
    if sample.score is None:
        return []
    above = {
        "at_or_above": sample.score >= design.cutoff, "above": sample.score > design.cutoff,
        "at_or_below": sample.score <= design.cutoff, "below": sample.score < design.cutoff,
    }[design.treated]  # fmt: skip
    side = above.astype(float)
    return [
        (name, replace(sample, outcome=values, treatment=side, covariates={}))
        for name, values in sample.covariates.items()
    ]


def _finding(found: Mapping[str, Reading], refused: int) -> Finding:
    adjusted = dict(zip(found, holm([one.p_value for one in found.values()]), strict=True))
    least = min(adjusted, key=lambda name: adjusted[name])
    jumping = [name for name in found if adjusted[name] < LEVEL]
    jump, p_value = found[least].value, adjusted[least]
    if jumping:
        names = ", ".join(jumping[:3]) + (" and others" if len(jumping) > 3 else "")
        told = f"At the cut-off {names} jump too"
    else:
        told = f"None of {len(found)} covariates jumps at the cut-off"
    sentence = f"{told}; the surest is {least}, by {jump:.3g} (Holm's p = {p_value:.2g})."
    if refused:
        sentence += f" {refused} could not be tested."
    details = {name: one.value for name, one in found.items()}
    details |= {f"{name} p-value": value for name, value in adjusted.items()}
    return Finding(CovariateContinuity.name, not jumping, p_value, LEVEL, sentence, "never_ship", details)
