"""CUPED: a metric adjusted to a covariate from before exposure."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.metric import Metric, RatioMetric
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Contrast, Result, Sample
from impact_pipeline.estimators.conclusion import Question, conclude
from impact_pipeline.estimators.summaries import denominator_refusal, stratum_pairs
from impact_pipeline.stats.cuped import adjusted, theta
from impact_pipeline.stats.stratified import StratumPair, post_stratified


class Cuped:
    """Means (or ratios, made linear first) less `theta` times their covariate's excess, theta pooled within arms.

    The variance falls by the factor `1 - rho^2`, reported as `variance_ratio`; the estimand stays that of the plain
    estimator. A covariate that is the same for every unit leaves the plain estimate, and the method's name says so.
    Assumes a covariate that the change cannot have influenced. Deng, Xu, Kohavi, Walker (2013), WSDM.

    >>> from impact_pipeline.catalog.metric import MeanMetric
    >>> from impact_pipeline.estimators.base import Stratum
    >>> from impact_pipeline.stats.moments import Moments
    >>> metric = MeanMetric.model_construct(name="orders", better="higher")
    >>> old = Moments(n=400, y=400, yy=800, x=400, xx=800, xy=700)
    >>> new = Moments(n=400, y=440, yy=900, x=410, xx=810, xy=740)
    >>> sample = Sample(("", ""), (Stratum("all cohorts", {"old": old, "new": new}, 800),))
    >>> found = Cuped().estimate(metric, sample, Contrast("new", "old"), confidence_level=0.95)
    >>> round(found.value, 4), round(found.variance_ratio, 3)
    (0.0814, 0.462)
    """

    name: ClassVar[str] = "cuped"
    designs: ClassVar[frozenset[str]] = frozenset({"randomized", "staged_rollout"})
    metrics: ClassVar[frozenset[str]] = frozenset({"mean", "proportion", "ratio"})
    uses_covariate: ClassVar[bool] = True

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
        refusal = denominator_refusal(question, self.name) if isinstance(metric, RatioMetric) else None
        return refusal or self._adjusted(question, stratum_pairs(question, covariate=True))

    def _adjusted(self, question: Question, pairs: tuple[StratumPair, ...]) -> Result:
        plain = post_stratified(pairs)
        slope = theta(pairs)
        if slope is None:
            without = "ratio_of_sums" if isinstance(question.metric, RatioMetric) else "difference_in_means"
            return conclude(question, f"{without} (covariate constant)", plain)
        means = adjusted(pairs, slope)
        before = plain.variance()
        return conclude(question, self.name, means, float(means.variance() / before) if before else None)
