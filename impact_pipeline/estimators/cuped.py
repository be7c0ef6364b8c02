"""CUPED: a metric adjusted to covariates from before exposure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.estimators.question import Answer, Question
from impact_pipeline.estimators.summaries import denominator_refusals, stratum_pairs
from impact_pipeline.stats.cuped import Slopes, adjusted, pooled_slopes
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.stratified import StratumPair, post_stratified
from impact_pipeline.stats.two_means import TwoMeans, as_shape_of


class Cuped:
    """Means (or ratios, made linear first) less `theta` times their covariates' excess, theta pooled within arms.

    The variance falls by the factor `1 - R^2`, reported as `variance_ratio`; the estimand stays that of the plain
    estimator. Covariates that are the same for every unit leave the plain estimate, and the method's name says so.
    Assumes covariates that the change cannot have influenced. Deng, Xu, Kohavi, Walker (2013), WSDM.

    >>> from impact_pipeline.estimators.question import two_arms
    >>> from impact_pipeline.stats.moments import Moments
    >>> old = Moments(n=400, y=400, yy=800, x=(400,), xx=(800,), xy=(700,))
    >>> new = Moments(n=400, y=440, yy=900, x=(410,), xx=(810,), xy=(740,))
    >>> found = Cuped().answer(two_arms("mean", control=old, treatment=new))
    >>> round(float(found.means.change), 4), round(float(found.variance_ratio), 3)
    (0.0814, 0.462)
    """

    name: ClassVar[str] = "cuped"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"mean", "ratio"})
    uses_covariates: ClassVar[bool] = True

    def answer(self, question: Question) -> Answer:
        pairs = stratum_pairs(question, covariates=True)
        slopes = pooled_slopes(pairs)
        method = self.name if _vary(slopes) else f"{plain_method(question)} (covariate constant)"
        means = adjusted(pairs, slopes)
        return Answer(method, means, variance_ratio(means, pairs), denominator_refusals(question))


def _vary(slopes: Slopes) -> bool:
    return any(bool(np.any(slope)) for slope in slopes)


def plain_method(question: Question) -> str:
    """The method without covariates."""
    return "ratio_of_sums" if question.reading.form == "ratio" else "difference_in_means"


def variance_ratio(means: TwoMeans, pairs: Sequence[StratumPair]) -> Real:
    """The variance of the adjusted difference over that of the plain one; NaN where that has none."""
    before = np.asarray(post_stratified(pairs).variance())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(before > 0, means.variance() / before, np.nan)
    return as_shape_of(means.variance(), ratio)
