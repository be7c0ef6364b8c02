"""Whether covariates are alike in both arms once the method has made them so."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.propensity.fit import NO_FIT, ObservationalFit
from impact_pipeline.stats.propensity.standardised_differences import BALANCED, Difference, differences
from impact_pipeline.stats.samples.cross_section import CrossSection

SCORE = "propensity score"


class CovariateBalance:
    """Fails where a standardised difference is above 0.1 in size after weighting or matching.

    Below that, what is left of a covariate moves the effect by less than a tenth of its standard deviation times its
    coefficient (Austin 2009; Stuart, Lee, Leacy 2013). Methods that model the outcome without weights have nothing to
    judge: their differences before are told.

    >>> CovariateBalance().name
    'balance'
    """

    name: ClassVar[str] = "balance"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Do treated and untreated units have the same covariates once they are weighted or matched?"
    pass_means: ClassVar[str] = "Of the covariates that were measured, none explains the effect; others may."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        if effects is None or not isinstance(effects.fit, ObservationalFit):
            return Checked(Finding(self.name, None, None, None, NO_FIT, "none", {}))
        fit, ready = effects.fit, effects.fit.ready
        treatment, base, estimand = ready.sample.treatment, ready.weights, ready.estimand
        before = differences(fit.covariates, treatment, base, estimand, base)
        weights = base if fit.weights is None else fit.weights
        after = differences(fit.covariates, treatment, weights, estimand, base)
        judged = {name: one for name, one in after.items() if name != SCORE}
        if not judged:
            return Checked(self._finding(False, None, {}, "No covariates: nothing makes the arms comparable."))
        worst = max(judged, key=lambda name: abs(judged[name].value))
        size, details = abs(judged[worst].value), _details(before, after)
        told = f"the largest standardised difference is {judged[worst].value:+.3f} ('{worst}')"
        if fit.weights is None:
            return Checked(self._finding(None, size, details, f"The method weighs nobody; unadjusted, {told}."))
        off = sum(abs(one.value) > BALANCED for one in judged.values())
        sentence = f"After adjustment {told}; {off} of {len(judged)} covariates are above {BALANCED}."
        return Checked(self._finding(off == 0, size, details, sentence))

    def _finding(self, passed: bool | None, size: float | None, details: dict[str, float], sentence: str) -> Finding:
        return Finding(self.name, passed, size, BALANCED, sentence, "none" if passed is None else "never_ship", details)


def _details(before: dict[str, Difference], after: dict[str, Difference]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, one in before.items():
        found |= {f"{name} before": one.value, f"{name} after": after[name].value}
        ratio = after[name].variance_ratio
        if ratio is not None:
            found[f"{name} variance ratio"] = ratio
    return found
