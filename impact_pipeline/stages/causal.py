"""Where the look of a causal study differs: its cells are samples, and one assessment gives findings and estimates."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import pyarrow.compute as pc

from impact_pipeline.assessment.study import AssessedStudy, assess_study
from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.samples import CrossSectionSample, LoggedSample, PanelSample, SeriesSample
from impact_pipeline.engines.base import Engine
from impact_pipeline.kpis.seen import Seen, days_of_enrolment
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.samples.periods import next_period, period_start
from impact_pipeline.outcomes.samples.read import StoredSamples, read_samples
from impact_pipeline.stages.standing import state_of
from impact_pipeline.stages.workspace import Workspace


def assessed(workspace: Workspace, study: Study, as_of: date) -> AssessedStudy:
    """Findings and estimates of a look ask for it in turn; it is worked out once for the samples that stand."""
    return _assessed(workspace.lake, workspace.engine, _ByName(study), as_of, _marks(workspace, study))


def seen_in_samples(workspace: Workspace, study: Study, as_of: date) -> Seen:
    """Treated units and others, and how many a day the effect of a unit (and period) counts for."""
    marks = _marks(workspace, study)
    samples = _read(workspace.lake, workspace.engine, _ByName(study), as_of, marks)
    control, treated = study.arms
    counts = {control: 0, treated: 0} | _counts(samples, study)
    mixed = int(state_of(workspace.lake, study, "cells").facts["mixed_units"])
    return Seen(counts, mixed, _units_per_day(study, counts[treated], as_of))


def _marks(workspace: Workspace, study: Study) -> tuple[str, ...]:
    return tuple(state_of(workspace.lake, study, table).fingerprint for table in ("exposures", "cells"))


def _counts(samples: StoredSamples, study: Study) -> dict[str, int]:
    control, treated = study.arms
    arms, sample = samples.exposures["arm"], study.samples[0]
    units = int(pc.count_distinct(samples.rows["unit"]).as_py())
    match sample:
        case CrossSectionSample(treatment=None):
            return {treated: units}
        case PanelSample() | CrossSectionSample():
            chosen = int(pc.sum(pc.equal(arms, sample.treatment)).as_py() or 0)
            return {treated: chosen, control: max(units - chosen, 0)}
        case SeriesSample():
            return {treated: units}
        case LoggedSample():
            return {control: len(arms)}


def _units_per_day(study: Study, treated: int, as_of: date) -> float:
    sample = study.samples[0]
    match sample:
        case PanelSample() | SeriesSample():
            starts = period_start(sample.period, as_of)
            length = (next_period(sample.period, starts) - starts).days
            return (treated if isinstance(sample, PanelSample) else 1) / length
    return treated / days_of_enrolment(study, as_of)


class _ByName:
    """A study that is equal to another of the same documents, so that what was worked out of it is found again."""

    def __init__(self, study: Study) -> None:
        metrics = (*study.metrics_by_name.items(), *study.metrics_beside.items())
        self.study = study
        self._mark = digest(study.plan, [[name, metric.reference] for name, metric in metrics])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByName) and other._mark == self._mark

    def __hash__(self) -> int:
        return hash(self._mark)


@lru_cache(maxsize=2)
def _assessed(lake: Lake, engine: Engine, named: _ByName, as_of: date, marks: tuple[str, ...]) -> AssessedStudy:
    samples = _read(lake, engine, named, as_of, marks)
    return assess_study(named.study, samples, as_of, plan_digest=digest(named.study.plan))


@lru_cache(maxsize=2)
def _read(lake: Lake, engine: Engine, named: _ByName, as_of: date, marks: tuple[str, ...]) -> StoredSamples:
    """Kept by the fingerprints of what is read, so that restated tables are read again."""
    return read_samples(named.study, as_of, lake=lake, engine=engine)
