"""Whether the model of treatment and the model of the outcome tell the same effect."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.propensity.agreement import ALPHA, agreement
from impact_pipeline.stats.propensity.fit import NO_FIT, ObservationalFit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection


class DoublyRobustDisagreement:
    """Fails where inverse weighting or regression adjustment differ from AIPW beyond their errors, by enough.

    All three have one limit where both models are right. If one model is wrong, AIPW stays right and the estimator of
    the wrong model leaves it; which of the two it is, data do not tell. Fails at p < 0.01 jointly (Hausman 1978) if the
    largest difference is above half a standard error of AIPW, the size from which a 95 % interval covers below 92 %.

    >>> DoublyRobustDisagreement().name
    'doubly_robust_disagreement'
    """

    name: ClassVar[str] = "doubly_robust_disagreement"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Do the model of treatment, the model of the outcome, and both together tell the same effect?"
    pass_means: ClassVar[str] = "Neither model shows itself wrong by what it makes of the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        if effects is None or not isinstance(effects.fit, ObservationalFit):
            return Checked(Finding(self.name, None, None, None, NO_FIT, "none", {}))
        ready = effects.fit.ready
        ipw, adjustment, both = ready.ipw, ready.regression_adjustment, ready.aipw
        if isinstance(ipw, Refusal) or isinstance(adjustment, Refusal) or isinstance(both, Refusal):
            told = next(one.detail for one in (ipw, adjustment, both) if isinstance(one, Refusal))
            return Checked(Finding(self.name, None, None, ALPHA, f"Not all estimators exist: {told}.", "none", {}))
        found = agreement(both, {"ipw": ipw, "regression_adjustment": adjustment}, ready.sample.cluster)
        details = {"aipw": both.effect, "ipw": ipw.effect, "regression_adjustment": adjustment.effect}
        told = f"IPW {ipw.effect:.4g}, regression adjustment {adjustment.effect:.4g}, AIPW {both.effect:.4g}"
        sentence = f"{told}: {_verdict(found.holds, effects.fit.is_doubly_robust)} (p = {found.p_value:.2g})."
        return Checked(Finding(self.name, found.holds, found.p_value, ALPHA, sentence, "never_ship", details))


def _verdict(holds: bool, doubly_robust: bool) -> str:
    if holds:
        return "they agree within their errors"
    rest = "the answer is right only if the other is" if doubly_robust else "the answer may rest on that one"
    return f"they differ by more than their errors, so a model is wrong and {rest}"
