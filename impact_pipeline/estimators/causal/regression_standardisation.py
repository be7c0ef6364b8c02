"""Outcomes predicted with and without treatment: by arm (regression adjustment) or by one regression (g-formula)."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.estimators.causal.adjusted_effects import (
    ObservationalQuestion,
    adjusted,
    effect_of,
    effect_of_means,
    ready_for,
)
from impact_pipeline.stats.propensity.outcome_model import OutcomeFit
from impact_pipeline.stats.propensity.prepared import Prepared
from impact_pipeline.stats.propensity.standardisation import coefficients
from impact_pipeline.stats.refusal import Refusal


class RegressionStandardisation:
    """Predictions averaged over the target population; right if the outcome's model is (Hernan, Robins 2020).

    >>> RegressionStandardisation().name
    'regression_standardisation'
    """

    name: ClassVar[str] = "regression_standardisation"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Any) -> bool:
        return design.estimator in ("regression_adjustment", "regression")

    def effects(self, question: ObservationalQuestion) -> Effects:
        ready = ready_for(question)
        if isinstance(ready, Refusal):
            return Effects(ready)
        method, means, models = question.design.estimator, ready.regression_adjustment, ready.outcome_models
        main = effect_of_means(means, question, ready, method)
        if isinstance(means, Refusal) or isinstance(models, Refusal):
            return adjusted(question, ready, main)
        return adjusted(question, ready, main, means=means, others=_coefficients(question, ready, models[0]))


def _coefficients(question: ObservationalQuestion, ready: Prepared, fit: OutcomeFit) -> dict[str, Effect | Refusal]:
    if ready.interactions is None:
        return {}
    found = coefficients(fit, ready.outcome_columns, ready.interactions, ready.sample.cluster)
    return {
        f"coefficient {one.name}": effect_of(one.value, one.std_error, question, ready, "least squares")
        for one in found
    }
