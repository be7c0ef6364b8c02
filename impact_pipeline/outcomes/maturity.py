"""Which cohorts a look may count for which metric: windows closed, and every day they read published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metric import Metric, totals
from impact_pipeline.lake.lake import Lake, days_between


@dataclass(frozen=True, slots=True)
class FactDays:
    """Per fact: day -> fingerprint of what the pass reads of that day (trusted rows, and the folded day if folded).

    A folded day that was made from other trusted rows than stand now is as good as missing.
    """

    days: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, study: Study, lake: Lake) -> FactDays:
        found: dict[str, dict[str, str]] = {}
        for fact in study.facts:
            days = {day: state.fingerprint for day, state in lake.trusted(fact.dataset).states().items()}
            if fact.fold == "unit_days":
                folded = lake.unit_days(fact.name).states()
                fresh = {day: s for day, s in folded.items() if s.facts["fingerprint_in"] == days.get(day)}
                days = {day: f"{days[day]}+{state.fingerprint}" for day, state in fresh.items()}
            found[fact.name] = days
        return cls(found)


@dataclass(frozen=True, slots=True)
class Maturity:
    """Per metric the cohort days that count, and per fact the days of closed windows that are not published."""

    cohorts: Mapping[str, tuple[date, ...]]
    missing_days: Mapping[str, tuple[str, ...]]


def maturity_of(study: Study, cohorts: tuple[date, ...], fact_days: FactDays, as_of: date) -> Maturity:
    """A cohort counts for a metric when its window has closed by `as_of` and no day of the window is missing."""
    counted: dict[str, tuple[date, ...]] = {}
    missing: dict[str, set[str]] = {}
    for metric in study.metrics:
        kept: list[date] = []
        for cohort in cohorts:
            if cohort + timedelta(days=metric.window.last_day) > as_of:
                continue
            gaps = window_gaps(metric, cohort, fact_days)
            for fact, days in gaps.items():
                missing.setdefault(fact, set()).update(days)
            if not gaps:
                kept.append(cohort)
        counted[metric.name] = tuple(kept)
    return Maturity(counted, {fact: tuple(sorted(days)) for fact, days in missing.items()})


def window_days(metric: Metric, cohort: date) -> tuple[str, ...]:
    first = cohort + timedelta(days=metric.window.start_day)
    return days_between(first, cohort + timedelta(days=metric.window.last_day))


def window_gaps(metric: Metric, cohort: date, fact_days: FactDays) -> dict[str, tuple[str, ...]]:
    """Per fact, days of the window that are not published; empty when none is missing."""
    wanted = window_days(metric, cohort)
    gaps = {t.fact: tuple(d for d in wanted if d not in fact_days.days[t.fact]) for t in totals(metric)}
    return {fact: days for fact, days in gaps.items() if days}
