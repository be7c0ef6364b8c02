"""Which key the pseudonyms of a day are made under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.errors import InputError
from impact_pipeline.governance.pseudonyms import KEY_VARIABLE, SecretKey, key_from_environment

INITIAL = "initial"
"""The epoch of the days before any that is declared; it needs no document."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """`first_day` is None for the initial one; `variable` names the environment variable of the key."""

    name: str
    first_day: date | None
    variable: str


def epochs_of(catalog: Catalog, entity: str) -> tuple[Epoch, ...]:
    """In order of time. Raises `InputError` while a document of an epoch has faults: its days would be misjoined."""
    faults = [str(issue) for (kind, _), issues in catalog.broken.items() if kind == "epoch" for issue in issues]
    if faults:
        raise InputError("key epochs have faults, so that no key can be chosen:\n" + "\n".join(faults))
    declared = (epoch for epoch in catalog.epochs.values() if epoch.entity == entity)
    later = (Epoch(epoch.name, epoch.first_day, epoch.variable) for epoch in declared)
    return (Epoch(INITIAL, None, KEY_VARIABLE), *sorted(later, key=lambda epoch: epoch.first_day or date.min))


def epoch_on(catalog: Catalog, entity: str, day: date) -> Epoch:
    """The epoch that a day belongs to."""
    return [epoch for epoch in epochs_of(catalog, entity) if epoch.first_day is None or epoch.first_day <= day][-1]


def keys_at_hand(epochs: tuple[Epoch, ...], environ: Mapping[str, str]) -> dict[str, SecretKey]:
    """Epoch -> its key, of those whose keys are in the environment."""
    present = (epoch for epoch in epochs if environ.get(epoch.variable))
    return {epoch.name: key_from_environment(environ, epoch.variable) for epoch in present}


def key_on(catalog: Catalog, entity: str, day: date, environ: Mapping[str, str]) -> SecretKey:
    """The key of a day; raises `InputError` naming the epoch when the environment does not hold it."""
    epoch = epoch_on(catalog, entity, day)
    try:
        return key_from_environment(environ, epoch.variable)
    except InputError as error:
        if epoch.name == INITIAL:
            raise
        raise InputError(f"key epoch '{epoch.name}' of {entity}, day {day}: {error}") from None
