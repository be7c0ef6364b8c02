"""Arms weighted by the inverse of their chance to be what they are."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects
from impact_pipeline.estimators.causal.adjusted_effects import (
    ObservationalQuestion,
    adjusted,
    effect_of_means,
    ready_for,
)
from impact_pipeline.stats.refusal import Refusal


class InversePropensityWeighting:
    """Weighted means, weights adding up to one in each arm (Hirano, Imbens, Ridder 2003), the score estimated.

    >>> InversePropensityWeighting().name
    'inverse_propensity_weighting'
    """

    name: ClassVar[str] = "inverse_propensity_weighting"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Any) -> bool:
        return bool(design.estimator == "ipw")

    def effects(self, question: ObservationalQuestion) -> Effects:
        ready = ready_for(question)
        if isinstance(ready, Refusal):
            return Effects(ready)
        main, weights = effect_of_means(ready.ipw, question, ready, "ipw"), ready.balancing
        if isinstance(ready.ipw, Refusal) or isinstance(weights, Refusal):
            return adjusted(question, ready, main)
        return adjusted(question, ready, main, means=ready.ipw, weights=weights)
