"""All estimates of a study at one look: every metric, contrast and segment, and the trajectory that led there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metric import Metric
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse
from impact_pipeline.estimators.base import (
    Contrast,
    Estimate,
    NotEstimable,
    Reason,
    Result,
    StudyEstimates,
    TrajectoryPoint,
)
from impact_pipeline.estimators.refusals import Measured, refusal
from impact_pipeline.estimators.registry import estimator_for
from impact_pipeline.estimators.strata import stratify
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases


def estimate_study(study: Study, cells: Cells, as_of: date, *, final: bool, plan_digest: str) -> StudyEstimates:
    """Metrics in the plan's order x treatment arms against control x (all units, then each segment value)."""
    look = _look(study, cells)
    segments = (ALL_UNITS, *cells.segments())
    results = tuple(_result(look, use, c, s) for s in segments for use in study.uses for c in contrasts(study))
    return StudyEstimates(study.name, plan_digest, as_of, final, results, tuple(_trajectory(study, cells, as_of)))


def contrasts(study: Study) -> tuple[Contrast, ...]:
    """Each treatment arm against control."""
    control, *treatments = study.arms
    return tuple(Contrast(arm, control) for arm in treatments)


@dataclass(frozen=True, slots=True)
class _Look:
    study: Study
    cells: Cells
    phases: tuple[RandomisationPhase, ...]


def _look(study: Study, cells: Cells) -> _Look:
    return _Look(study, cells, randomisation_phases(study.plan.design, cells.cohort_days()))


def _result(look: _Look, use: MetricUse, contrast: Contrast, segment: tuple[str, str]) -> Result:
    metric = look.study.catalog.metrics.get(use.metric)
    if metric is None:
        return _broken(look.study, use.metric, contrast, segment)
    measured = Measured(
        look.study, look.cells, metric, contrast, stratify(look.cells, look.phases, metric.name, contrast, segment)
    )
    estimator = estimator_for(look.study.plan.design.type, metric)
    if estimator is None:
        detail = f"no estimator takes a {metric.type} metric under a {look.study.plan.design.type} design"
        return _refused(measured, "none", Reason.NO_ESTIMATOR, detail)
    reason = refusal(measured)
    if reason is not None:
        return _refused(measured, estimator.name, *reason)
    level = 1 - look.study.plan.decision.alpha
    margin = use.margin if isinstance(use, GuardrailUse) else None
    return estimator.estimate(metric, measured.sample, contrast, confidence_level=level, margin=margin)


def _refused(measured: Measured, method: str, reason: Reason, detail: str) -> NotEstimable:
    segment = measured.sample.segment
    return NotEstimable(measured.metric.name, measured.contrast, segment, method, reason, detail, measured.n_per_arm)


def _broken(study: Study, metric: str, contrast: Contrast, segment: tuple[str, str]) -> NotEstimable:
    detail = study.broken_metrics[metric] or f"the catalog has no sound metric '{metric}'"
    return NotEstimable(metric, contrast, segment, "none", Reason.DEFINITION_BROKEN, detail, {})


def _trajectory(study: Study, cells: Cells, as_of: date) -> Iterator[TrajectoryPoint]:
    """Points day by day from the first closed window on; days on which a metric has no estimate have no point."""
    overall = Cells(
        tuple(cell for cell in cells.cells if (cell.segment, cell.segment_value) == ALL_UNITS), cells.mixed_units
    )
    last_days = {metric.name: metric.window.last_day for metric in study.metrics}
    for day in _days_of_looks(study.metrics, overall, as_of):
        look = _look(study, overall.until(day, last_days))
        for use in study.uses:
            for contrast in contrasts(study):
                result = _result(look, use, contrast, ALL_UNITS)
                if isinstance(result, Estimate):
                    yield TrajectoryPoint(day, use.metric, contrast, result.value, result.interval)


def _days_of_looks(metrics: tuple[Metric, ...], cells: Cells, as_of: date) -> Iterator[date]:
    closings = [days[0] + timedelta(days=m.window.last_day) for m in metrics if (days := cells.cohort_days(m.name))]
    day = min(closings, default=as_of + timedelta(days=1))
    while day <= as_of:
        yield day
        day += timedelta(days=1)
