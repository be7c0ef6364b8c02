"""Estimators that combine a model of treatment with one of the outcome: AIPW and IPWRA."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects
from impact_pipeline.estimators.causal.adjusted_effects import (
    ObservationalQuestion,
    adjusted,
    effect_of_means,
    ready_for,
)
from impact_pipeline.stats.propensity.doubly_robust import weighted_regression_means
from impact_pipeline.stats.propensity.prepared import Means, Prepared
from impact_pipeline.stats.refusal import Refusal


class DoublyRobust:
    """Right if one of both models is (Robins, Rotnitzky, Zhao 1994; Wooldridge 2007).

    >>> DoublyRobust().name
    'doubly_robust'
    """

    name: ClassVar[str] = "doubly_robust"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Any) -> bool:
        return design.estimator in ("aipw", "ipwra")

    def effects(self, question: ObservationalQuestion) -> Effects:
        ready = ready_for(question)
        if isinstance(ready, Refusal):
            return Effects(ready)
        method, weights = question.design.estimator, ready.balancing
        means = ready.aipw if method == "aipw" else _weighted_regression(ready)
        main = effect_of_means(means, question, ready, method)
        if isinstance(means, Refusal) or isinstance(weights, Refusal):
            return adjusted(question, ready, main)
        return adjusted(question, ready, main, means=means, weights=weights, doubly_robust=True)


def _weighted_regression(ready: Prepared) -> Means:
    if isinstance(ready.score, Refusal):
        return ready.score
    sample = ready.sample
    return weighted_regression_means(
        ready.outcome_columns, sample.outcome, sample.treatment, ready.score, ready.weights, ready.estimand
    )
