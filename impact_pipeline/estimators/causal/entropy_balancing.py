"""Arms weighted so that their covariates' means are equal exactly."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects
from impact_pipeline.estimators.causal.adjusted_effects import (
    ObservationalQuestion,
    adjusted,
    effect_of_means,
    ready_for,
)
from impact_pipeline.stats.propensity.columns import Columns, columns_of
from impact_pipeline.stats.propensity.entropy_balancing import balanced_means
from impact_pipeline.stats.propensity.prepared import Prepared
from impact_pipeline.stats.refusal import Refusal


class EntropyBalancing:
    """Right if the log odds or the outcome are linear in what is balanced (Hainmueller 2012; Zhao, Percival 2017).

    >>> EntropyBalancing().name
    'entropy_balancing'
    """

    name: ClassVar[str] = "entropy_balancing"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Any) -> bool:
        return bool(design.estimator == "entropy_balancing")

    def effects(self, question: ObservationalQuestion) -> Effects:
        ready = ready_for(question)
        if isinstance(ready, Refusal):
            return Effects(ready)
        columns, sample = _powers(ready, question.design.moments), ready.sample
        if isinstance(columns, Refusal):
            return adjusted(question, ready, columns)
        found = balanced_means(columns, sample.outcome, sample.treatment, ready.weights, ready.estimand)
        if isinstance(found, Refusal):
            return adjusted(question, ready, found)
        main = effect_of_means(found.means, question, ready, "entropy_balancing")
        return adjusted(question, ready, main, means=found.means, weights=ready.weights * found.weights)


def _powers(ready: Prepared, moments: int) -> Columns | Refusal:
    """Covariates of both models and their powers; of a covariate with two values there is one moment only."""
    if moments == 1 and ready.sample.outcome_covariates is None:
        return ready.columns
    given = {**ready.sample.covariates, **(ready.sample.outcome_covariates or {})}
    powers = {
        f"{name}^{power}": (values - values.mean()) ** power
        for power in range(2, moments + 1)
        for name, values in given.items()
        if len(set(values[:1000].tolist())) > 2 or ((values != values.min()) & (values != values.max())).any()
    }
    return columns_of({**given, **powers}, len(ready.sample))
