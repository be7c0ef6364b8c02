"""Difference in means: average outcomes and shares of units."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Contrast, Result, Sample
from impact_pipeline.estimators.conclusion import Question, conclude
from impact_pipeline.estimators.summaries import stratum_pairs
from impact_pipeline.stats.stratified import post_stratified


class DifferenceInMeans:
    """`ybar_t - ybar_c` with Welch's interval; within phases of constant shares, then combined.

    A proportion is the mean of 0 and 1 over units and is treated as such: one method for the difference, the lift and
    the margin, with variances that may differ. Its interval is a large-sample one (expected counts of 5 and more).
    Assumes that units do not influence one another.
    Welch (1947), Biometrika 34; Miratrix, Sekhon, Yu (2013), JRSS B 75.

    >>> from impact_pipeline.catalog.metric import MeanMetric
    >>> from impact_pipeline.estimators.base import Stratum
    >>> from impact_pipeline.stats.moments import Moments
    >>> metric = MeanMetric.model_construct(name="orders", better="higher")
    >>> arms = {"old": Moments(n=400, y=100, yy=100), "new": Moments(n=400, y=140, yy=140)}
    >>> sample = Sample(("", ""), (Stratum("all cohorts", arms, 800),))
    >>> found = DifferenceInMeans().estimate(metric, sample, Contrast("new", "old"), confidence_level=0.95)
    >>> round(found.value, 3), round(found.interval.lower, 4), round(found.interval.upper, 4)
    (0.1, 0.0367, 0.1633)
    """

    name: ClassVar[str] = "difference_in_means"
    designs: ClassVar[frozenset[str]] = frozenset({"randomized", "staged_rollout"})
    metrics: ClassVar[frozenset[str]] = frozenset({"mean", "proportion"})
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
        return conclude(question, self.name, post_stratified(stratum_pairs(question, covariate=False)))
