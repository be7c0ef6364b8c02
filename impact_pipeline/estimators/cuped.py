"""CUPED: a metric adjusted to covariates from before exposure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.designs import UNITS_RANDOMISED
from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.question import NO_UNIT_DIFFERS, Answer, Question, Refusal
from impact_pipeline.estimators.summaries import denominator_refusals, stratum_pairs
from impact_pipeline.stats.cuped import adjusted, never_vary, pooled_slopes
from impact_pipeline.stats.small_systems import SMALLEST_PIVOT
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
        return adjusted_answer(self.name, question, pairs, adjusted(pairs, pooled_slopes(pairs)))


def adjusted_answer(method: str, question: Question, pairs: Sequence[StratumPair], means: TwoMeans) -> Answer:
    """Adjusted means beside what they were before; refused where the covariates leave no variance.

    Groups whose covariates never vary have the plain estimate, under its name.
    """
    before, after = (np.atleast_1d(np.asarray(of.variance())) for of in (post_stratified(pairs), means))
    constant = np.broadcast_to(never_vary(pairs), before.shape)
    ratio = np.where((before > 0) & ~constant, after / np.where(before > 0, before, 1.0), np.nan)
    plain = "ratio_of_sums" if question.reading.form == "ratio" else "difference_in_means"
    refused = (*denominator_refusals(question), *_explained(before, ratio))
    shown = as_shape_of(means.change, ratio if isinstance(means.change, np.ndarray) else ratio[0])
    return Answer(method, means, shown, refused, otherwise=(constant, f"{plain} (covariate constant)"))


def _explained(before: NDArray[np.float64], ratio: NDArray[np.float64]) -> tuple[Refusal, Refusal]:
    told = "the covariates explain every difference between units; an adjusted difference has no uncertainty"
    return (
        Refusal(Reason.ZERO_VARIANCE, before == 0, lambda _: NO_UNIT_DIFFERS),
        Refusal(Reason.ZERO_VARIANCE, ratio <= SMALLEST_PIVOT, lambda _: told),
    )
