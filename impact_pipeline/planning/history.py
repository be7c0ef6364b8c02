"""The past of a plan's metrics: which days and units of it stand for the study, measured as the study will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Catalog, Feature, Study
from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.feature_inputs import inputs_of
from impact_pipeline.engines.base import Engine
from impact_pipeline.errors import InputError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.maturity import FactDays
from impact_pipeline.planning.measured_past import MeasuredPast, measured_past
from impact_pipeline.planning.period import DAYS, Period, period_of
from impact_pipeline.planning.population import Population, population_of, pretended_study


@dataclass(frozen=True, slots=True)
class History:
    """`study` is the one that units of the past pretend to be in, all of them in its control.

    `unread` says of metrics why nothing is known of them.
    """

    study: Study
    population: Population
    period: Period
    past: MeasuredPast
    unread: Mapping[str, str]

    @property
    def arrivals(self) -> tuple[int, ...]:
        """New units by day, from the first day that has any if one does."""
        counts = list(self.past.arrivals.values())
        first = next((place for place, count in enumerate(counts) if count), 0)
        return tuple(counts[first:])

    @property
    def units(self) -> int:
        return sum(self.arrivals)

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes it say less than it could."""
        gaps = (
            f"history lacks {len(days)} day{'' if len(days) == 1 else 's'} of fact '{fact}' ({days[0]} the first): "
            "units whose windows read them do not count"
            for fact, days in self.past.missing_days.items()
            if days
        )
        return (*self.period.notes, *gaps)


def read_history(study: Study, *, lake: Lake, engine: Engine, days: int = DAYS, fact: str | None = None) -> History:
    """First contacts of the newest `days` days whose windows have closed; see `period_of` and `population_of`.

    Raises `InputError` where the lake holds no contact at all.
    """
    population = population_of(study, fact)
    contacts = [date.fromisoformat(day) for day in lake.trusted(population.dataset).states()]
    if not contacts:
        told = f"the lake holds no day of '{population.dataset}'"
        raise InputError(f"{told}: there is no history to plan '{study.name}' from; run `impact nightly` first")
    unread = {**study.broken_metrics, **_without_inputs(study, lake)}
    uses = [use for use in study.uses if use.name not in unread]
    whole = pretended_study(study, population, uses, min(contacts), max(contacts))
    period = _period(whole, lake, contacts, days)
    unread |= period.unread
    read = [use for use in uses if use.name not in unread]
    pretended = pretended_study(study, population, read, period.first, period.last)
    return History(pretended, population, period, measured_past(pretended, period, lake=lake, engine=engine), unread)


def _without_inputs(study: Study, lake: Lake) -> dict[str, str]:
    """Metrics of which a fact or a covariate has never been published."""
    found: dict[str, str] = {}
    for name, metric in study.metrics_by_name.items():
        totals = (total for reading in study.readings_of(metric) for total in reading.totals)
        datasets = {study.catalog.facts[fact].dataset for total in totals for fact in total.facts}
        missing = [d for d in sorted(datasets) if not lake.trusted(d).states()]
        missing += [f"features/{c}" for c in metric.covariates if not lake.feature(c).states()]
        if missing:
            found[name] = f"the lake holds no day of {', '.join(missing)}"
    return found


def _period(whole: Study, lake: Lake, contacts: Sequence[date], days: int) -> Period:
    known = FactDays.of(whole, lake).days.values()
    newest = min((max(map(date.fromisoformat, of_fact)) for of_fact in known if of_fact), default=max(contacts))
    last_days = {name: metric.last_day for name, metric in whole.metrics_by_name.items()}
    known_from = {feature.name: _known_from(whole.catalog, feature, lake) for feature in whole.covariates}
    found = period_of(contacts, newest, last_days, known_from, days)
    if found is not None:
        return found
    unclosed = dict.fromkeys(last_days, f"no window of it has closed by {newest}, the newest day of the lake")
    return Period(min(contacts), max(contacts), unclosed)


def _known_from(catalog: Catalog, feature: Feature, lake: Lake) -> date:
    """The first day on which all that it looks back on is there; of a learnt one, and there was a model."""
    if isinstance(feature, LearntFeature):
        learnt = (date.fromisoformat(day) for day, state in lake.feature(feature.name).states().items() if state.rows)
        return max(
            min(learnt, default=date.min), *(_known_from(catalog, one, lake) for one in inputs_of(catalog, feature))
        )
    first = min(map(date.fromisoformat, lake.trusted(feature.dataset).states()))
    return first + timedelta(days=feature.lookback_days)
