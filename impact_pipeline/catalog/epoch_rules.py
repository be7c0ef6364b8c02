"""What must hold of key epochs, and of plans beside them: a unit has one pseudonym within a study."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Catalog, Key, Study
from impact_pipeline.catalog.epoch import KeyEpoch
from impact_pipeline.catalog.feature_inputs import days_behind
from impact_pipeline.catalog.references import Breach

FIRST_KEY = "IMPACT_PSEUDONYM_KEY"
"""Holds the key of the days before any declared epoch."""


def epochs_are_apart(catalog: Catalog) -> Iterator[Breach]:
    """Each entity is known, each first day stands once, and each epoch has a key of its own."""
    entities = {c.entity for contract in catalog.contracts.values() for c in contract.columns if c.entity}
    days: dict[tuple[str, date], str] = {}
    keys = {FIRST_KEY: "the days before any epoch"}
    for name, epoch in catalog.epochs.items():
        key: Key = ("epoch", name)
        if epoch.entity not in entities and not any(kind == "contract" for kind, _ in catalog.broken):
            known = ", ".join(sorted(entities)) or "none"
            yield key, ("entity",), f"no contract identifies a {epoch.entity}; entities are {known}"
        if (epoch.entity, epoch.first_day) in days:
            other = days[epoch.entity, epoch.first_day]
            yield key, ("first_day",), f"epoch '{other}' of {epoch.entity} begins on {epoch.first_day}, too; move one"
        if epoch.variable in keys:
            yield key, ("key",), f"{epoch.variable} is the key of {keys[epoch.variable]}; name a variable of its own"
        days.setdefault((epoch.entity, epoch.first_day), name)
        keys.setdefault(epoch.variable, f"epoch '{name}'")


def plans_stay_in_one_epoch(catalog: Catalog) -> Iterator[Breach]:
    """A unit has another pseudonym in another epoch, so that its days before and after would not be joined."""
    if not catalog.epochs:
        return
    for name, plan in catalog.plans.items():
        first, last = _days_read(Study(catalog, plan))
        for epoch in catalog.epochs.values():
            if epoch.entity == plan.entity and first < epoch.first_day <= last:
                yield ("study", name), ("starts",), _crossing(epoch, first, last)


def _crossing(epoch: KeyEpoch, first: date, last: date) -> str:
    return (
        f"the study reads {first} to {last}, across the first day ({epoch.first_day}) of key epoch '{epoch.name}', "
        f"from which on every {epoch.entity} has another pseudonym; let it end before, begin so that its look-back "
        "lies after, or move the epoch"
    )


def _days_read(study: Study) -> tuple[date, date]:
    """The first and last day whose rows may be read; look-backs of features included.

    Of a causal design rows of any delivered day are read.
    """
    catalog = study.catalog
    if study.samples:
        sources = [source for source in catalog.sources.values() if set(source.datasets) & set(study.datasets)]
        return min((s.first_day for s in sources), default=study.plan.starts), study.planned_look
    features = (*study.covariates, *study.segment_features.values())
    behind = [days for feature in features for days in days_behind(catalog, feature).values()]
    return study.plan.starts - timedelta(days=max(behind, default=0)), study.planned_look
