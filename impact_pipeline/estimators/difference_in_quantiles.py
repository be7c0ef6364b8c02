"""Difference in quantiles: the median or the 95th percentile of units' totals, or of all their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.question import Answer, Arm, Question, Refusal
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.quantiles import NoQuantile, Quantile, quantile_of
from impact_pipeline.stats.two_means import Contribution, TwoMeans

REASONS = {
    "too_few_units": Reason.TOO_FEW_UNITS,
    "no_events": Reason.QUANTILE_BEYOND_DATA,
    "beyond_the_data": Reason.QUANTILE_BEYOND_DATA,
    "tied_values": Reason.ZERO_VARIANCE,
    "zero_variance": Reason.ZERO_VARIANCE,
}


class DifferenceInQuantiles:
    """Quantile of treatment minus that of control, with Woodruff's errors over units and a normal interval.

    Units are the clusters of their events: a unit with a thousand slow pages is one observation. Within phases the
    distributions are combined first, then read. Refused where the error's bracket lies beyond the data.
    Woodruff (1952), JASA 47; Deng, Knoblich, Lu (2018), KDD, section 4.
    """

    name: ClassVar[str] = "difference_in_quantiles"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"quantile"})
    uses_covariates: ClassVar[bool] = False

    def answer(self, question: Question) -> Answer:
        treatment = _read(question, [(s.weight, s.treatment) for s in question.strata])
        control = _read(question, [(s.weight, s.control) for s in question.strata])
        (of_treatment, v_treatment), (of_control, v_control) = _numbers(treatment), _numbers(control)
        parts = (Contribution(v_treatment, 0.0, 0.0, np.inf), Contribution(0.0, v_control, 0.0, np.inf))
        arms = ((question.contrast.control, control), (question.contrast.treatment, treatment))
        refused = tuple(refusal for arm, found in arms for refusal in _refusals(arm, found))
        return Answer(self.name, TwoMeans(of_treatment, of_control, parts), refusals=refused)


def _read(question: Question, strata: Sequence[tuple[Real, Arm]]) -> list[Quantile | NoQuantile]:
    """One arm's quantile in each group."""
    groups = np.size(question.units[0])
    weights = [np.broadcast_to(weight, (groups,)) for weight, _ in strata]
    found: list[Quantile | NoQuantile] = []
    for place in range(groups):
        known = [
            (float(weight[place]), arm.distributions[place])
            for weight, (_, arm) in zip(weights, strata, strict=True)
            if weight[place] > 0
        ]
        probability = question.reading.quantile or 0.5
        nothing = NoQuantile("too_few_units", "no phase has two units in each arm")
        found.append(
            quantile_of(known, probability, 1 - question.alpha, ties=question.reading.ties) if known else nothing
        )
    return found


def _numbers(found: Sequence[Quantile | NoQuantile]) -> tuple[Real, Real]:
    """Values and variances; NaN, and 1, where there is no quantile."""
    values = [q.value if isinstance(q, Quantile) else np.nan for q in found]
    variances = [q.variance if isinstance(q, Quantile) else 1.0 for q in found]
    return np.array(values), np.array(variances)


def _refusals(arm: str, found: Sequence[Quantile | NoQuantile]) -> list[Refusal]:
    def told(group: int) -> str:
        refused = found[group]
        return f"'{arm}': {refused.detail}" if isinstance(refused, NoQuantile) else ""

    masks = {
        reason: np.array([isinstance(q, NoQuantile) and REASONS[q.reason] is reason for q in found])
        for reason in dict.fromkeys(REASONS.values())
    }
    return [Refusal(reason, mask, told) for reason, mask in masks.items()]
