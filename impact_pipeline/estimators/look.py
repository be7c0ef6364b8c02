"""One look: from the cells of a reading to its results by segment, and to its points over earlier looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.looks import GroupSequentialLooks
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse
from impact_pipeline.estimators.asked import Asked, asked
from impact_pipeline.estimators.base import NO_LIFT, Contrast, Estimate, NotEstimable, Reason, Result, TrajectoryPoint
from impact_pipeline.estimators.kept import Kept, kept_of
from impact_pipeline.estimators.question import ESTIMANDS, Estimator, Question
from impact_pipeline.estimators.refusals import Measured
from impact_pipeline.estimators.registry import estimator_for, why_none
from impact_pipeline.estimators.sequence import inference_of, information_at
from impact_pipeline.estimators.strata import Part, parts_by_look, parts_by_segment, parts_by_value, stratify
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells, Group
from impact_pipeline.outcomes.phases import RandomisationPhase, randomisation_phases


@dataclass(frozen=True, slots=True)
class Look:
    study: Study
    cells: Cells
    as_of: date
    phases: tuple[RandomisationPhase, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One reading of a metric, as a plan uses it, of one contrast; at the plan's alpha, or at another."""

    use: MetricUse
    metric: Metric
    reading: Reading
    contrast: Contrast
    alpha: float | None = None


def look_at(study: Study, cells: Cells, as_of: date) -> Look:
    return Look(study, cells, as_of, randomisation_phases(study.plan.design, cells.cohort_days()))


def results_of(look: Look, subject: Subject, groups: Sequence[Group]) -> tuple[Result, ...]:
    """One for each group; those over all units are stratified by the plan's segment, if it names one."""
    estimator = _estimator(look, subject)
    if estimator is None:
        return tuple(_no_estimator(look, subject, group) for group in groups)
    kept = kept_of(look.cells, look.study.reading_key(subject.metric, subject.reading), subject.reading)
    found = _ask(look, subject, estimator, kept, parts_by_segment(kept, look.phases, groups), groups)
    results = tuple(_as_told(subject, result) for result in found.results(subject.metric.name, groups))
    by = look.study.plan.post_stratify
    parts = by and parts_by_value(kept, by, lambda group: parts_by_segment(kept, look.phases, [group]))
    if not by or not parts or ALL_UNITS not in groups:
        return results
    split = _ask(look, subject, estimator, kept, parts, [ALL_UNITS], stratified_by=by)
    [overall] = (_as_told(subject, result) for result in split.results(subject.metric.name, [ALL_UNITS]))
    return tuple(overall if group == ALL_UNITS else result for group, result in zip(groups, results, strict=True))


def _as_told(subject: Subject, result: Result) -> Result:
    """Without a lift where the metric has none."""
    if subject.metric.lift or not isinstance(result, Estimate):
        return result
    return replace(result, relative=None, relative_refused=NO_LIFT)


def points_of(look: Look, subject: Subject, days: Sequence[date]) -> Iterator[TrajectoryPoint]:
    """What looks at earlier dates would have read over all units, where they had an estimate."""
    estimator = _estimator(look, subject)
    if estimator is None:
        return
    for kept, looks in _kept_by_look(look, subject, days):
        parts = _parts_by_look(look, subject, kept, looks)
        found = _ask(
            look, subject, estimator, kept, parts, [ALL_UNITS], looks=len(looks), as_of=looks[-1], interval_only=True
        )
        for place, value, interval in found.intervals():
            yield TrajectoryPoint(looks[place], subject.metric.name, subject.contrast, value, interval)


def effects_by_look(
    look: Look, subjects: Sequence[Subject], days: Sequence[date], groups: Sequence[Group]
) -> tuple[Asked, ...]:
    """The numbers of every look at every group at once: all groups of the first day, then of the second, and so on.

    `subjects` are the contrasts of one reading, which is merged once for all. Raises `ValueError` for a reading that is
    pooled anew at each look, or that no estimator takes.
    """
    first = subjects[0]
    estimator = _estimator(look, first)
    [(kept, looks), *more] = _kept_by_look(look, first, days)
    if estimator is None or more:
        raise ValueError(f"'{first.metric.name}' is not read at all looks at once")
    parts = parts_by_look(kept, look.phases, looks, first.metric.last_day, groups)
    return tuple(
        _ask(look, subject, estimator, kept, parts, groups, looks=len(looks), as_of=looks[-1]) for subject in subjects
    )


def _parts_by_look(look: Look, subject: Subject, kept: Kept, looks: Sequence[date]) -> tuple[Part, ...]:
    def parts_of(group: Group) -> tuple[Part, ...]:
        return parts_by_look(kept, look.phases, looks, subject.metric.last_day, [group])

    by = look.study.plan.post_stratify
    return (parts_by_value(kept, by, parts_of) if by else ()) or parts_of(ALL_UNITS)


def _kept_by_look(look: Look, subject: Subject, days: Sequence[date]) -> Iterator[tuple[Kept, Sequence[date]]]:
    """Look by look where a cap is pooled anew at each, or alpha is spent anew; else all at once."""
    key, last_day = look.study.reading_key(subject.metric, subject.reading), subject.metric.last_day
    spends = isinstance(look.study.plan.looks, GroupSequentialLooks)
    if subject.reading.digits is None and not spends:
        if days:
            yield kept_of(look.cells, key, subject.reading), days
        return
    for day in days:
        yield kept_of(look.cells, key, subject.reading, day, last_day), [day]


def _estimator(look: Look, subject: Subject) -> Estimator | None:
    return estimator_for(look.study.plan.design.type, subject.metric, subject.reading, subject.use.estimator)


def _no_estimator(look: Look, subject: Subject, group: Group) -> NotEstimable:
    detail = why_none(look.study.plan.design.type, subject.metric, subject.reading, subject.use.estimator)
    contrast, variant = subject.contrast, subject.reading.variant
    return NotEstimable(subject.metric.name, contrast, group, "none", Reason.NO_ESTIMATOR, detail, {}, variant)


def _ask(
    look: Look,
    subject: Subject,
    estimator: Estimator,
    kept: Kept,
    parts: Sequence[Part],
    groups: Sequence[Group],
    *,
    looks: int = 1,
    as_of: date | None = None,
    stratified_by: str = "phase",
    interval_only: bool = False,
) -> Asked:
    contrast, use = subject.contrast, subject.use
    found = stratify(parts, contrast)
    information = information_at(look.study, kept, contrast, as_of or look.as_of, subject.metric.last_day)
    question = Question(
        reading=subject.reading,
        contrast=contrast,
        strata=found.strata,
        alpha=subject.alpha or look.study.plan.decision.alpha,
        better=1 if subject.metric.better == "higher" else -1,
        margin=None if subject.reading.variant or not isinstance(use, GuardrailUse) else use.margin,
        inference=inference_of(look.study, contrast, information),
        cap=kept.cap,
        stratified_by=stratified_by,
        interval_only=interval_only,
        estimand=ESTIMANDS[look.study.basis],
    )
    return asked(estimator, question, _measured(look, subject, kept, parts, groups, looks), found.notes)


def _measured(
    look: Look, subject: Subject, kept: Kept, parts: Sequence[Part], groups: Sequence[Group], looks: int
) -> Measured:
    pair = (subject.contrast.control, subject.contrast.treatment)
    nobody = np.zeros(len(groups) * looks)
    closed = {a: np.asarray(sum((part.arms[a].moments.units for part in parts), nobody), dtype=np.int64) for a in pair}
    exposed = {arm: np.tile(look.cells.exposed_by_group(arm, groups), looks) for arm in pair}
    plan, metric = look.study.plan, subject.metric
    undefined = look.cells.undefined(kept.key)
    fewest = plan.decision.min_units_per_arm
    return Measured(metric.name, subject.contrast, exposed, closed, undefined, metric.last_day, fewest)
