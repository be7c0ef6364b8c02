"""The part of a metric's definition that decides what its cells hold: not its label, owner, direction or level."""

from __future__ import annotations

from typing import Any

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import washout_minutes
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading, StepsPassed, UnitCount, UnitTotal, UnitValue


def metric_meaning(study: Study, metric: Metric) -> dict[str, Any]:
    """As plain JSON values, to be digested."""
    readings = {reading.variant: _reading(study, reading) for reading in study.readings_of(metric)}
    facts = {name for reading in study.readings_of(metric) for total in reading.totals for name in total.facts}
    read = {name: study.catalog.facts[name] for name in sorted(facts)}
    return {
        "readings": readings,
        "covariates": list(metric.covariates),
        "washout_minutes": washout_minutes(study.plan.design),
        "facts": {name: [fact.dataset, fact.entity, fact.event_at] for name, fact in read.items()},
    }


def _reading(study: Study, reading: Reading) -> dict[str, Any]:
    """Which quantile, or which percentile a cap is, is chosen at each look from the same buckets."""
    return {
        "form": reading.form,
        "y": _value(study, reading.y),
        "d": None if reading.d is None else _value(study, reading.d),
        "per_event": reading.per_event,
        "digits": reading.digits,
    }


def _value(study: Study, value: UnitValue) -> dict[str, Any]:
    terms = [[str(factor.normalize()), _total(study, total)] for factor, total in value.terms]
    cap = None if value.cap is None else str(value.cap.normalize())
    return {"terms": terms, "at_least": value.at_least, "cap": cap}


def _total(study: Study, total: UnitCount) -> dict[str, Any]:
    window = total.window.model_dump()
    if isinstance(total, StepsPassed):
        return {"steps": [step.model_dump() for step in total.steps], "window": window}
    return {**_summand(study, total), "window": window}


def _summand(study: Study, total: UnitTotal) -> dict[str, Any]:
    measure = study.measure(total)
    return {
        "fact": total.fact,
        "measure": None if measure is None else [measure.expression, measure.scale],
        "filter": total.filter,
        "aggregate": total.aggregate,
        "weight_by_day": total.weight_by_day,
    }
