"""A randomised comparison of the arms of a file: by moments as in the pipeline, or by rows where the method asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from impact_pipeline.analysis.answer import CorrectedResult
from impact_pipeline.analysis.looks import inference_of
from impact_pipeline.analysis.metric_questions import MeanMetric, MetricQuestion, QuantileMetric, RatioMetric
from impact_pipeline.analysis.row_methods import by_rows, row_method
from impact_pipeline.analysis.specification import RandomizedDesign, Specification
from impact_pipeline.analysis.strata import Measured as Parts
from impact_pipeline.analysis.strata import measured
from impact_pipeline.analysis.units import Numbers
from impact_pipeline.catalog.metrics.readings import Form, Reading, UnitValue
from impact_pipeline.errors import InputError
from impact_pipeline.estimators.asked import asked
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, Result
from impact_pipeline.estimators.question import Estimator, Question
from impact_pipeline.estimators.refusals import Measured
from impact_pipeline.estimators.registry import ESTIMATORS
from impact_pipeline.estimators.strata import stratify
from impact_pipeline.stats.multiplicity import corrected

FEWEST_UNITS = 2
LABELS_SHOWN, LABEL_SHOWN = 8, 40
"""Labels that a message lists, and how many characters of each."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of one contrast; asked again at another level where a correction takes one."""

    asked: Specification
    design: RandomizedDesign
    metric: MetricQuestion
    numbers: Numbers
    contrast: Contrast
    parts: Parts
    shares: Mapping[str, float]
    cap: float | None

    def at(self, alpha: float) -> tuple[Result, ...]:
        """Results at that level: over all units, then in each value of each segment."""
        question, method = _question(self, alpha), row_method(self.design, self.metric)
        if method is not None:
            return by_rows(method, self.asked, self.metric, question, self.numbers, self._measured(), self.parts.groups)
        notes = stratify(self.parts.parts, self.contrast).notes
        found = asked(_estimator(self.metric, question), question, self._measured(), notes)
        return found.results(self.metric.name, self.parts.groups)

    def results(self) -> tuple[Result, ...]:
        return self.at(self.asked.alpha)

    def _measured(self) -> Measured:
        pair = (self.contrast.control, self.contrast.treatment)
        units = {arm: np.asarray(sum(p.arms[arm].moments.n for p in self.parts.parts), dtype=np.int64) for arm in pair}
        return Measured(self.metric.name, self.contrast, units, units, 0, 0, FEWEST_UNITS)


def compared(asked: Specification, design: RandomizedDesign, numbers: Sequence[Numbers]) -> tuple[Comparison, ...]:
    """Every metric x treatment arm against control, in the order of the specification."""
    return tuple(
        comparison
        for metric, own in zip(asked.metrics, numbers, strict=True)
        for comparison in _comparisons(asked, design, metric, own)
    )


def correct(
    asked: Specification, found: Sequence[Comparison], results: Sequence[Sequence[Result]]
) -> tuple[CorrectedResult, ...]:
    """All comparisons over all units as one family; `results` are those of each comparison."""
    own = [listed[0] for listed in results]
    p_values = [result.p_value if isinstance(result, Estimate) else 1.0 for result in own]
    family = corrected(p_values, asked.alpha, asked.correction)
    alpha = 1 - family.interval_level
    return tuple(
        CorrectedResult(result.metric, result.contrast, p, rejected, _interval(comparison, result, alpha))
        for comparison, result, p, rejected in zip(found, own, family.adjusted, family.rejected, strict=True)
    )


def _interval(comparison: Comparison, result: Result, alpha: float) -> Interval | None:
    """That of the same method at the family's level."""
    if not isinstance(result, Estimate) or not 0 < alpha < 1:
        return None
    if alpha == comparison.asked.alpha:
        return result.interval
    again = comparison.at(alpha)[0]
    return again.interval if isinstance(again, Estimate) else None


def _comparisons(
    asked: Specification, design: RandomizedDesign, metric: MetricQuestion, own: Numbers
) -> Iterator[Comparison]:
    arms = own.labels.arm.names
    planned = design.shares or dict.fromkeys(arms, 1 / len(arms))
    shares = {arm: planned.get(arm, 0.0) for arm in arms}
    capped, cap = _capped(own, metric)
    parts = measured(capped, metric, shares)
    for arm in arms:
        if arm != design.control:
            yield Comparison(asked, design, metric, capped, Contrast(arm, design.control), parts, shares, cap)


def refuse_arms(design: RandomizedDesign, arms: Sequence[str]) -> None:
    """A comparison takes the control and another arm."""
    if design.control not in arms or len(arms) < 2:
        found = ", ".join(repr(arm[:LABEL_SHOWN]) for arm in arms[:LABELS_SHOWN])
        found += f" and {len(arms) - LABELS_SHOWN} more" if len(arms) > LABELS_SHOWN else ""
        told = f"'{design.control}' and another arm are needed, and column '{design.arm}' holds {found}"
        raise InputError(f"design.control: {told}; name an arm that is there, as it is written")


def _capped(numbers: Numbers, metric: MetricQuestion) -> tuple[Numbers, float | None]:
    """Values no larger than the percentile of all arms' units together."""
    if not isinstance(metric, MeanMetric) or metric.cap_percentile is None:
        return numbers, None
    cap = float(np.quantile(numbers.y, metric.cap_percentile, method="inverted_cdf"))
    return replace(numbers, y=np.minimum(numbers.y, cap)), cap


def _question(comparison: Comparison, alpha: float) -> Question:
    metric, design, asked = comparison.metric, comparison.design, comparison.asked
    found = stratify(comparison.parts.parts, comparison.contrast)
    return Question(
        reading=_reading(metric),
        contrast=comparison.contrast,
        strata=found.strata,
        alpha=alpha,
        better=1 if metric.better == "higher" else -1,
        margin=metric.margin,
        inference=inference_of(asked.looks, comparison.contrast, comparison.shares, asked.alpha),
        cap=comparison.cap,
        stratified_by=" and ".join(design.strata) or "stratum",
    )


def _reading(metric: MetricQuestion) -> Reading:
    if isinstance(metric, QuantileMetric):
        return Reading("", metric.name, "quantile", UnitValue(()), quantile=metric.quantile, ties=metric.ties)
    return Reading("", metric.name, form_of(metric), UnitValue(()))


def form_of(metric: MetricQuestion) -> Form:
    """The form of reading that estimators know."""
    if isinstance(metric, RatioMetric):
        return "ratio"
    return "quantile" if isinstance(metric, QuantileMetric) else "mean"


def _estimator(metric: MetricQuestion, question: Question) -> Estimator:
    adjusts = bool(metric.covariates)
    fitting = [
        e
        for e in ESTIMATORS
        if "randomized" in e.designs and question.reading.form in e.forms and e.uses_covariates == adjusts
    ]
    found = next((e for e in fitting if metric.estimator in (None, e.name)), None)
    if found is None:
        named = ", ".join([e.name for e in fitting] + (["ancova"] if isinstance(metric, MeanMetric) else [])) or "none"
        told = f"estimator '{metric.estimator or 'any'}' does not take a {metric.type} "
        told += "with covariates" if adjusts else "without covariates"
        raise InputError(f"metrics: '{metric.name}': {told}; those that do: {named}")
    return found
