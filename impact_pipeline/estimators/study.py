"""All estimates of a study at one look: every metric, contrast and segment, and the trajectory that led there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading
from impact_pipeline.catalog.plan import MetricUse
from impact_pipeline.estimators.base import Contrast, NotEstimable, Reason, Result, TrajectoryPoint
from impact_pipeline.estimators.bayesian_reading import PastLift, read_bayesian
from impact_pipeline.estimators.family import family_of
from impact_pipeline.estimators.look import Look, Subject, look_at, points_of, results_of
from impact_pipeline.estimators.segment_comparison import compare_segments
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells, Group


def estimate_study(
    study: Study,
    cells: Cells,
    as_of: date,
    *,
    final: bool,
    plan_digest: str,
    history: Sequence[PastLift] = (),
    also: Sequence[tuple[Study, Cells]] = (),
) -> StudyEstimates:
    """Metrics in the plan's order x treatment arms against control x (all units, then each segment value).

    `history` holds lifts of studies that had ended before this one began; `also`, the study on its other basis.
    """
    look = look_at(study, cells, as_of)
    groups = (ALL_UNITS, *cells.segments())
    own = _by_contrast(look, groups)
    ordered = tuple(found[place] for place in range(len(groups)) for found in own.values())
    return StudyEstimates(
        study=study.name,
        plan_digest=plan_digest,
        as_of=as_of,
        final=final,
        results=ordered,
        trajectory=tuple(_trajectory(look)),
        family=family_of(look, [(_subject(look, use, c), own[use.name, c][0]) for use, c in _success(study)]),
        beside=tuple(result for subject in _beside(look) for result in results_of(look, subject, [ALL_UNITS])),
        segment_comparisons=compare_segments(_directions(study), ordered),
        bayesian=read_bayesian(study, ordered, history),
        basis=study.basis,
        other_basis=tuple(result for basis, counted in also for result in _overall(look_at(basis, counted, as_of))),
    )


def _directions(study: Study) -> dict[str, bool]:
    """Metric -> whether higher is better."""
    return {name: metric.better == "higher" for name, metric in study.metrics_by_name.items()}


def _overall(look: Look) -> Iterator[Result]:
    """Results over all units."""
    for results in _by_contrast(look, [ALL_UNITS]).values():
        yield from results


def contrasts(study: Study) -> tuple[Contrast, ...]:
    """Each treatment arm against control."""
    control, *treatments = study.arms
    return tuple(Contrast(arm, control) for arm in treatments)


def _success(study: Study) -> Iterator[tuple[MetricUse, Contrast]]:
    for use in study.uses:
        if use.role == "success":
            yield from ((use, contrast) for contrast in contrasts(study))


def _by_contrast(look: Look, groups: Sequence[Group]) -> dict[tuple[str, Contrast], tuple[Result, ...]]:
    """Results by group of each metric and contrast."""
    study = look.study
    return {(use.name, c): _results(look, use, c, groups) for use in study.uses for c in contrasts(study)}


def _subject(look: Look, use: MetricUse, contrast: Contrast) -> Subject | None:
    """The metric's own reading; None where its document is broken."""
    metric = look.study.metrics_by_name.get(use.name)
    return None if metric is None else Subject(use, metric, look.study.readings_of(metric)[0], contrast)


def _results(look: Look, use: MetricUse, contrast: Contrast, groups: Sequence[Group]) -> tuple[Result, ...]:
    subject = _subject(look, use, contrast)
    if subject is None:
        return tuple(_broken(look.study, use.name, contrast, group) for group in groups)
    return results_of(look, subject, groups)


def _broken(study: Study, name: str, contrast: Contrast, segment: Group) -> NotEstimable:
    detail = study.broken_metrics[name] or f"the catalog has no sound metric '{name}'"
    return NotEstimable(name, contrast, segment, "none", Reason.DEFINITION_BROKEN, detail, {})


def _beside(look: Look) -> Iterator[Subject]:
    for use, metric, readings in _known(look.study):
        for reading in (r for r in readings[1:] if not r.internal):
            yield from (Subject(use, metric, reading, contrast) for contrast in contrasts(look.study))


def _known(study: Study) -> Iterator[tuple[MetricUse, Metric, tuple[Reading, ...]]]:
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if metric is not None:
            yield use, metric, study.readings_of(metric)


def _trajectory(look: Look) -> Iterator[TrajectoryPoint]:
    """Points day by day from the first closed window on; days on which a metric has no estimate have no point."""
    days = _days_of_looks(look)
    found = [
        point
        for use, metric, readings in _known(look.study)
        for contrast in contrasts(look.study)
        for point in points_of(look, Subject(use, metric, readings[0], contrast), days)
    ]
    yield from sorted(found, key=lambda point: point.as_of)


def _days_of_looks(look: Look) -> tuple[date, ...]:
    closings = [
        days[0] + timedelta(days=metric.last_day)
        for metric in look.study.metrics
        if (days := look.cells.cohort_days(metric.name))
    ]
    first = min(closings, default=look.as_of + timedelta(days=1))
    return tuple(first + timedelta(days=n) for n in range((look.as_of - first).days + 1))
