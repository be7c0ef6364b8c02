"""Whether the answer changes once both models may bend."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.propensity.agreement import ALPHA, agreement
from impact_pipeline.stats.propensity.fit import NO_FIT, ObservationalFit
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.propensity.richer_models import richer
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

MOST_UNITS = 50_000
"""Units, drawn by chance, on which richer models are fitted: enough to tell a wrong model."""


class ModelSpecification:
    """Fails where AIPW with squares and products of all covariates in both models differs from AIPW without.

    By the rule of `doubly_robust_disagreement`: p < 0.01 and more than half a standard error. Both models wrong in the
    same way agree with each other and are found here.

    >>> ModelSpecification().name
    'model_specification'
    """

    name: ClassVar[str] = "model_specification"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})
    asks: ClassVar[str] = "Does the effect change if covariates may act by squares and products?"
    pass_means: ClassVar[str] = "Bends and products of the measured covariates do not explain the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[CrossSection, Observational], effects: Effects | None) -> Checked:
        if effects is None or not isinstance(effects.fit, ObservationalFit):
            return Checked(Finding(self.name, None, None, None, NO_FIT, "none", {}))
        ready = _some(effects.fit.ready, question.rng(self.name))
        if isinstance(ready, Refusal):
            return self._nothing(ready)
        more = richer(ready)
        if isinstance(more, Refusal):
            return self._nothing(more)
        plain, rich = ready.aipw, more.aipw
        if isinstance(plain, Refusal) or isinstance(rich, Refusal):
            return self._nothing(*(one for one in (plain, rich) if isinstance(one, Refusal)))
        found = agreement(plain, {"richer": rich}, ready.sample.cluster)
        details = {"aipw": plain.effect, "aipw with richer models": rich.effect, "columns": len(more.columns.names)}
        verdict = "the models suffice" if found.holds else "a model is wrong, and the effect with it"
        told = f"AIPW {plain.effect:.4g}, with squares and products {rich.effect:.4g}: {verdict}"
        sentence = f"{told} (p = {found.p_value:.2g})."
        return Checked(Finding(self.name, found.holds, found.p_value, ALPHA, sentence, "never_ship", details))

    def _nothing(self, why: Refusal, *more: Refusal) -> Checked:
        return Checked(Finding(self.name, None, None, ALPHA, f"Not asked: {why.detail}.", "none", {}))


def _some(ready: Prepared, rng: np.random.Generator) -> Prepared | Refusal:
    """All units, or as many of them by chance as tell enough."""
    if len(ready.sample) <= MOST_UNITS:
        return ready
    rows = rng.random(len(ready.sample)) < MOST_UNITS / len(ready.sample)
    kind = "logit" if isinstance(ready.score, Refusal) else ready.score.link
    return prepared(ready.sample.keep(rows), estimand=ready.estimand, link=kind, interactions=ready.interactions)
