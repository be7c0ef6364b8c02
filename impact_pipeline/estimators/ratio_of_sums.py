"""Ratio of sums: totals over totals, such as clicks per impression, when users are randomised."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Contrast, Result, Sample
from impact_pipeline.estimators.conclusion import Question, conclude
from impact_pipeline.estimators.summaries import denominator_refusal, stratum_pairs
from impact_pipeline.stats.stratified import post_stratified


class RatioOfSums:
    """`sum y / sum d` of treatment minus that of control, with the delta method's variance over units.

    Each arm's ratio is that of its post-stratified means: what the arm's share of clicks would be had every unit been
    in it. Refused where a mean denominator is not clearly above 0. Assumes that units do not influence one another.
    Deng, Knoblich, Lu (2018), KDD; Cochran (1977), Sampling Techniques, chapter 6.

    >>> from impact_pipeline.catalog.metric import RatioMetric
    >>> from impact_pipeline.estimators.base import Stratum
    >>> from impact_pipeline.stats.moments import Moments
    >>> metric = RatioMetric.model_construct(name="clicks_per_view", better="higher")
    >>> old = Moments(n=400, y=200, yy=280, d=2000, dd=11_000, yd=1100)
    >>> new = Moments(n=400, y=240, yy=340, d=2000, dd=11_000, yd=1300)
    >>> sample = Sample(("", ""), (Stratum("all cohorts", {"old": old, "new": new}, 800),))
    >>> found = RatioOfSums().estimate(metric, sample, Contrast("new", "old"), confidence_level=0.95)
    >>> round(found.value, 3), round(found.std_error, 5)
    (0.02, 0.00945)
    """

    name: ClassVar[str] = "ratio_of_sums"
    designs: ClassVar[frozenset[str]] = frozenset({"randomized", "staged_rollout"})
    metrics: ClassVar[frozenset[str]] = frozenset({"ratio"})
    uses_covariate: ClassVar[bool] = False

    def estimate(
        self,
        metric: Metric,
        sample: Sample,
        contrast: Contrast,
        *,
        confidence_level: float,
        margin: Margin | None = None,
    ) -> Result:
        question = Question(metric, sample, contrast, confidence_level, margin)
        refusal = denominator_refusal(question, self.name)
        return refusal or conclude(question, self.name, post_stratified(stratum_pairs(question, covariate=False)))
