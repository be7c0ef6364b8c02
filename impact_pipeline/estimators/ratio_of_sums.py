"""Ratio of sums: totals over totals, such as clicks per impression, when users are randomised."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.estimators.question import Answer, Question
from impact_pipeline.estimators.summaries import denominator_refusals, stratum_pairs
from impact_pipeline.stats.stratified import post_stratified


class RatioOfSums:
    """`sum y / sum d` of treatment minus that of control, with the delta method's variance over units.

    Each arm's ratio is that of its post-stratified means: what the arm's share of clicks would be had every unit been
    in it. Refused where a mean denominator is not clearly above 0. Assumes that units do not influence one another.
    Deng, Knoblich, Lu (2018), KDD; Cochran (1977), Sampling Techniques, chapter 6.

    >>> from impact_pipeline.estimators.question import two_arms
    >>> from impact_pipeline.stats.moments import Moments
    >>> old = Moments(n=400, y=200, yy=280, d=2000, dd=11_000, yd=1100)
    >>> new = Moments(n=400, y=240, yy=340, d=2000, dd=11_000, yd=1300)
    >>> means = RatioOfSums().answer(two_arms("ratio", control=old, treatment=new)).means
    >>> round(float(means.change), 3), round(float(means.error()[0]), 5)
    (0.02, 0.00945)
    """

    name: ClassVar[str] = "ratio_of_sums"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"ratio"})
    uses_covariates: ClassVar[bool] = False

    def answer(self, question: Question) -> Answer:
        means = post_stratified(stratum_pairs(question, covariates=False))
        return Answer(self.name, means, refusals=denominator_refusals(question))
