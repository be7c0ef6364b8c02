"""Summaries of a sample's outcome by stratum, for each form of reading: the outcome itself, or a ratio made linear."""

from __future__ import annotations

import numpy as np

from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.question import Question, Refusal
from impact_pipeline.stats.delta_method import Weighted, denominator_variation, linearised
from impact_pipeline.stats.stratified import SampleSummary, StratumPair, summarise

LARGEST_DENOMINATOR_VARIATION = 0.1
"""Coefficient of variation of a mean denominator up to which the delta method is trusted: Cochran (1977), chapter 6."""


def stratum_pairs(question: Question, *, covariates: bool) -> tuple[StratumPair, ...]:
    """Treatment and control of each stratum."""
    treatment, control = (_summaries(question, strata, covariates) for strata in question.weighted)
    weights = (stratum.weight for stratum in question.strata)
    return tuple(StratumPair(w, t, c) for w, t, c in zip(weights, treatment, control, strict=True))


def denominator_refusals(question: Question) -> tuple[Refusal, ...]:
    """DENOMINATOR_NEAR_ZERO where an arm's mean denominator is too uncertain for a ratio over it."""
    if question.reading.form != "ratio":
        return ()
    treatment, control = question.weighted
    return (
        _denominator_refusal(question.contrast.control, control),
        _denominator_refusal(question.contrast.treatment, treatment),
    )


def _denominator_refusal(arm: str, strata: Weighted) -> Refusal:
    variation = np.atleast_1d(denominator_variation(strata))

    def detail(group: int) -> str:
        largest = f"{100 * LARGEST_DENOMINATOR_VARIATION:.0f} %"
        found = f"has a standard error of {100 * variation[group]:.0f} % of it"
        if np.isinf(variation[group]):
            found = "is not above 0"
        needed = f"a ratio needs one above 0 with a standard error up to {largest} of it"
        return f"the mean denominator of '{arm}' {found}; {needed}"

    return Refusal(Reason.DENOMINATOR_NEAR_ZERO, variation > LARGEST_DENOMINATOR_VARIATION, detail)


def _summaries(question: Question, strata: Weighted, covariates: bool) -> tuple[SampleSummary, ...]:
    if question.reading.form == "ratio":
        return linearised(strata, covariates=covariates)
    return tuple(summarise(moments, covariates=covariates) for _, moments in strata)
