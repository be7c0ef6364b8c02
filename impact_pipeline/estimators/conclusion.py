"""From two means to a result: the one place where an estimate gets its interval, p-value, lift and margin test."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import (
    Contrast,
    Estimate,
    Interval,
    NonInferiority,
    NotEstimable,
    Reason,
    Relative,
    Result,
    Sample,
)
from impact_pipeline.stats.intervals import NoLift, difference, lift
from impact_pipeline.stats.non_inferiority import absolute_margin_test, relative_margin_test
from impact_pipeline.stats.stratified import unit_weights
from impact_pipeline.stats.two_means import TwoMeans, as_written

ESTIMAND = "ATE (exposed units, intention to treat)"


@dataclass(frozen=True, slots=True)
class Question:
    """What an estimator was asked."""

    metric: Metric
    sample: Sample
    contrast: Contrast
    confidence_level: float
    margin: Margin | None

    @property
    def weights(self) -> tuple[Fraction, ...]:
        return unit_weights([stratum.units for stratum in self.sample.strata])

    @property
    def n_per_arm(self) -> dict[str, int]:
        return {arm: self.sample.arm(arm).n for arm in (self.contrast.control, self.contrast.treatment)}

    def refused(self, method: str, reason: Reason, detail: str) -> NotEstimable:
        return NotEstimable(
            self.metric.name, self.contrast, self.sample.segment, method, reason, detail, self.n_per_arm
        )


def conclude(question: Question, method: str, means: TwoMeans, variance_ratio: float | None = None) -> Result:
    """The estimate, or ZERO_VARIANCE. A sample of several strata says so in the method's name."""
    contrast, sample = question.contrast, question.sample
    named = f"{method}, post-stratified by phase" if len(sample.strata) > 1 else method
    if not means.variance():
        return question.refused(
            named, Reason.ZERO_VARIANCE, "no unit differs from another within its arm; a difference has no uncertainty"
        )
    found = difference(means, question.confidence_level)
    relative, refused = _relative(means, question.confidence_level, found.critical_value)
    return Estimate(
        metric=question.metric.name,
        contrast=contrast,
        segment=sample.segment,
        method=named,
        estimand=ESTIMAND,
        value=found.value,
        std_error=found.std_error,
        interval=Interval(found.lower, found.upper, question.confidence_level),
        p_value=found.p_value,
        degrees_of_freedom=found.degrees_of_freedom,
        means={contrast.control: float(means.control), contrast.treatment: float(means.treatment)},
        n_per_arm=question.n_per_arm,
        relative=relative,
        relative_refused=refused,
        variance_ratio=variance_ratio,
        non_inferiority=_non_inferiority(question, means),
        notes=sample.notes,
        grade="B" if sample.notes else "A",
    )


def _relative(means: TwoMeans, level: float, critical_value: float) -> tuple[Relative | None, str | None]:
    found = lift(means, level, critical_value)
    if isinstance(found, NoLift):
        return None, found.detail
    return Relative(found.value, Interval(found.lower, found.upper, level)), None


def _non_inferiority(question: Question, means: TwoMeans) -> NonInferiority | None:
    margin, level = question.margin, question.confidence_level
    higher = question.metric.better == "higher"
    if margin is not None and margin.absolute is not None:
        test = absolute_margin_test(means, as_written(margin.absolute), level, higher_is_better=higher)
        return NonInferiority(margin.absolute, False, test.p_value, test.bound, level)
    if margin is not None and margin.relative is not None:
        found = relative_margin_test(means, as_written(margin.relative), level, higher_is_better=higher)
        return None if found is None else NonInferiority(margin.relative, True, found.p_value, found.bound, level)
    return None
