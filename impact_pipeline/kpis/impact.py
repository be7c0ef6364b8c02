"""Money of a study: its effect on the valued metric, over every unit and the plan's horizon."""

from __future__ import annotations

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.plan import Value
from impact_pipeline.estimators.base import Estimate, Interval, NotEstimable, Result
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.kpis.base import Impact, NoImpact
from impact_pipeline.outcomes.cells import ALL_UNITS


def impact_of(study: Study, estimates: StudyEstimates, units_per_day: float) -> tuple[Impact | NoImpact, ...]:
    """One for each treatment arm; a single `NoImpact` where the plan names no value, or one that cannot be counted.

    The effect is the one seen in the metric's window after exposure: nothing is assumed about the time after it. More
    of a metric that is better lower costs money.
    """
    value = study.plan.value
    if value is None:
        return (NoImpact(study.name, "the plan names no money value"),)
    metric = study.metrics_by_name.get(value.metric)
    form = "mean" if metric is None else study.readings_of(metric)[0].form
    if form != "mean":
        detail = f"'{value.metric}' is a {form}, whose effect is not per unit; value a mean or a proportion instead"
        return (NoImpact(study.name, detail),)
    sign = -1 if metric is not None and metric.better == "lower" else 1
    wanted = (r for r in estimates.results if r.metric == value.metric and r.segment == ALL_UNITS)
    return tuple(_impact(study, value, result, units_per_day, sign) for result in wanted)


def _impact(study: Study, value: Value, result: Result, units_per_day: float, sign: int) -> Impact | NoImpact:
    if isinstance(result, NotEstimable):
        arms = f"{result.contrast.treatment} against {result.contrast.control}"
        return NoImpact(study.name, f"'{result.metric}' has no effect yet ({arms}): {result.detail}")
    return _scaled(study, value, result, units_per_day, sign * value.per_unit)


def _scaled(study: Study, value: Value, estimate: Estimate, units_per_day: float, per_unit: float) -> Impact:
    factor = units_per_day * value.horizon_days * per_unit
    bounds = sorted((estimate.interval.lower * factor, estimate.interval.upper * factor))
    return Impact(
        study=study.name,
        metric=value.metric,
        contrast=estimate.contrast,
        currency=value.currency,
        horizon_days=value.horizon_days,
        units_per_day=units_per_day,
        value_per_unit=per_unit,
        amount=estimate.value * factor,
        interval=Interval(bounds[0], bounds[1], estimate.interval.level),
    )
