"""Difference in quantiles of readings rounded to whole steps, such as milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.estimators.difference_in_quantiles import REASONS
from impact_pipeline.estimators.question import Answer, Arm, Question, Refusal
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.quantiles import NoQuantile, Quantile, quantile_of
from impact_pipeline.stats.two_means import Contribution, TwoMeans

Found = Sequence[Quantile | NoQuantile]


class DifferenceInRoundedQuantiles:
    """As `difference_in_quantiles`, with equal values spread evenly over half a step to either side.

    Without this a quantile of few distinct values jumps between them and has no normal error.
    """

    name: ClassVar[str] = "difference_in_quantiles, ties rounded"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"quantile"})
    uses_covariates: ClassVar[bool] = False

    def answer(self, question: Question) -> Answer:
        treatment = _read(question, [(stratum.weight, stratum.treatment) for stratum in question.strata])
        control = _read(question, [(stratum.weight, stratum.control) for stratum in question.strata])
        parts = (
            Contribution(_variances(treatment), 0.0, 0.0, np.inf),
            Contribution(0.0, _variances(control), 0.0, np.inf),
        )
        arms = ((question.contrast.control, control), (question.contrast.treatment, treatment))
        refused = tuple(refusal for arm, found in arms for refusal in _refusals(arm, found))
        return Answer(self.name, TwoMeans(_values(treatment), _values(control), parts), refusals=refused)


def _read(question: Question, strata: Sequence[tuple[Real, Arm]]) -> Found:
    """One arm's quantile in each group."""
    groups = len(strata[0][1].distributions)
    weights = [np.broadcast_to(weight, (groups,)) for weight, _ in strata]
    nothing = NoQuantile("too_few_units", "no stratum has two units in each arm")
    found: list[Quantile | NoQuantile] = []
    for place in range(groups):
        known = [
            (float(weight[place]), arm.distributions[place])
            for weight, (_, arm) in zip(weights, strata, strict=True)
            if weight[place] > 0
        ]
        probability = question.reading.quantile or 0.5
        found.append(quantile_of(known, probability, 1 - question.alpha, ties="rounded") if known else nothing)
    return found


def _values(found: Found) -> Real:
    return np.array([q.value if isinstance(q, Quantile) else np.nan for q in found])


def _variances(found: Found) -> Real:
    return np.array([q.variance if isinstance(q, Quantile) else 1.0 for q in found])


def _refusals(arm: str, found: Found) -> list[Refusal]:
    def told(group: int) -> str:
        refused = found[group]
        return f"'{arm}': {refused.detail}" if isinstance(refused, NoQuantile) else ""

    masks = {
        reason: np.array([isinstance(q, NoQuantile) and REASONS[q.reason] is reason for q in found])
        for reason in dict.fromkeys(REASONS.values())
    }
    return [Refusal(reason, mask, told) for reason, mask in masks.items()]
