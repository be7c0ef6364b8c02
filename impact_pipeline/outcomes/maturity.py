"""Which cohorts a look may count for which metric: windows closed, and every day they read published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric, Window
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.outcomes.fold import is_folded


@dataclass(frozen=True, slots=True)
class FactDays:
    """Per fact: day -> fingerprint of what the pass reads of that day (trusted rows, and the folded day if folded).

    A folded day that was made from other trusted rows, or by another definition, than stand now is as good as missing.
    """

    days: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, study: Study, lake: Lake) -> FactDays:
        found: dict[str, dict[str, str]] = {}
        for fact in study.facts:
            days = {day: state.fingerprint for day, state in lake.trusted(fact.dataset).states().items()}
            if fact.fold == "unit_days":
                folded = lake.unit_days(fact.name).states()
                fresh = {day: s for day, s in folded.items() if is_folded(fact, s, days.get(day, ""))}
                days = {day: f"{days[day]}+{state.fingerprint}" for day, state in fresh.items()}
            found[fact.name] = days
        return cls(found)


@dataclass(frozen=True, slots=True)
class Maturity:
    """Per metric the cohort days that count, and per fact the days of closed windows that are not published."""

    cohorts: Mapping[str, tuple[date, ...]]
    missing_days: Mapping[str, tuple[str, ...]]


def maturity_of(
    study: Study, cohorts: tuple[date, ...], fact_days: FactDays, as_of: date, metrics: Iterable[Metric] | None = None
) -> Maturity:
    """A cohort counts for a metric when its windows have closed by `as_of` and no day of them is missing."""
    counted: dict[str, tuple[date, ...]] = {}
    missing: dict[str, set[str]] = {}
    for metric in study.metrics if metrics is None else metrics:
        closed = [cohort for cohort in cohorts if cohort + timedelta(days=metric.last_day) <= as_of]
        windows = windows_of(study, metric)
        gaps = {cohort: _gaps(windows, cohort, fact_days) for cohort in closed}
        for fact, days in (found for by_fact in gaps.values() for found in by_fact.items()):
            missing.setdefault(fact, set()).update(days)
        counted[metric.name] = tuple(cohort for cohort in closed if not gaps[cohort])
    return Maturity(counted, {fact: tuple(sorted(days)) for fact, days in missing.items()})


def days_of_look(study: Study, as_of: date, fact_days: FactDays) -> dict[str, dict[str, str]]:
    """Per dataset: day -> fingerprint, of every published day from the study's start to the look.

    A causal design reads all days that were delivered until then: its periods are those of the events, not of delivery.
    """
    first, last = "" if study.samples else study.plan.starts.isoformat(), as_of.isoformat()
    days = {f.dataset: sorted(fact_days.days[f.name].items()) for f in study.facts}
    return {name: {day: mark for day, mark in marks if first <= day <= last} for name, marks in days.items()}


def windows_of(study: Study, metric: Metric) -> Mapping[str, tuple[Window, ...]]:
    """Fact -> the distinct windows over which the metric reads it."""
    found: dict[str, dict[Window, None]] = {}
    for total in (total for reading in study.readings_of(metric) for total in reading.totals):
        for fact in total.facts:
            found.setdefault(fact, {})[total.window] = None
    return {fact: tuple(windows) for fact, windows in found.items()}


def days_read(windows: Iterable[Window], cohort: date) -> tuple[str, ...]:
    """The days of a cohort's windows, in order."""
    starts_ends = [(cohort + timedelta(days=w.start_day), cohort + timedelta(days=w.last_day)) for w in windows]
    return tuple(sorted({day for first, last in starts_ends for day in days_between(first, last)}))


def _gaps(windows: Mapping[str, tuple[Window, ...]], cohort: date, fact_days: FactDays) -> dict[str, tuple[str, ...]]:
    """Per fact, days of the windows that are not published; empty when none is missing."""
    wanted = {fact: days_read(own, cohort) for fact, own in windows.items()}
    gaps = {fact: tuple(d for d in days if d not in fact_days.days[fact]) for fact, days in wanted.items()}
    return {fact: days for fact, days in gaps.items() if days}
