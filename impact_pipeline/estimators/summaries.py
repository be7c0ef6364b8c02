"""Summaries of a sample's outcome by stratum, for each kind of metric: the outcome itself, or a ratio made linear."""

from __future__ import annotations

from fractions import Fraction
from math import isinf

from impact_pipeline.catalog.metric import RatioMetric
from impact_pipeline.estimators.base import NotEstimable, Reason
from impact_pipeline.estimators.conclusion import Question
from impact_pipeline.stats.delta_method import denominator_variation, linearised
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import SampleSummary, StratumPair, summarise

LARGEST_DENOMINATOR_VARIATION = 0.1
"""Coefficient of variation of a mean denominator up to which the delta method is trusted: Cochran (1977), chapter 6."""


def stratum_pairs(question: Question, *, covariate: bool) -> tuple[StratumPair, ...]:
    """Treatment and control of each stratum; a ratio needs `denominator_refusal` to have passed."""
    treatment = _summaries(question, question.contrast.treatment, covariate)
    control = _summaries(question, question.contrast.control, covariate)
    return tuple(StratumPair(w, t, c) for w, t, c in zip(question.weights, treatment, control, strict=True))


def denominator_refusal(question: Question, method: str) -> NotEstimable | None:
    """DENOMINATOR_NEAR_ZERO where an arm's mean denominator is too uncertain for a ratio over it."""
    for arm in (question.contrast.control, question.contrast.treatment):
        variation = denominator_variation(_weighted(question, arm))
        if variation > LARGEST_DENOMINATOR_VARIATION:
            largest = f"{100 * LARGEST_DENOMINATOR_VARIATION:.0f} %"
            needed = f"a ratio needs one above 0 with a standard error up to {largest} of it"
            found = "is not above 0" if isinf(variation) else f"has a standard error of {100 * variation:.0f} % of it"
            detail = f"the mean denominator of '{arm}' {found}; {needed}"
            return question.refused(method, Reason.DENOMINATOR_NEAR_ZERO, detail)
    return None


def _summaries(question: Question, arm: str, covariate: bool) -> tuple[SampleSummary, ...]:
    if isinstance(question.metric, RatioMetric):
        return linearised(_weighted(question, arm), covariate=covariate)
    return tuple(summarise(moments, covariate=covariate) for _, moments in _weighted(question, arm))


def _weighted(question: Question, arm: str) -> list[tuple[Fraction, Moments]]:
    return [(w, stratum.arms[arm]) for w, stratum in zip(question.weights, question.sample.strata, strict=True)]
