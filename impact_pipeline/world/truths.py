"""The true relative effect of each planted study on each metric, exact in expectation.

Levers multiply rates, so a metric that is linear in them moves by exactly the levers' product. For a metric that is
not (the share of buyers), or that reads a fading effect in the middle of its fall, no truth is registered; nor for a
study that loses contacts of one arm, whose estimates have no meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from impact_pipeline.errors import InputError
from impact_pipeline.world.studies import STUDIES, Lever, PlantedStudy


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metric of the shop's catalog reads: levers in its numerator, and its window."""

    levers: tuple[Lever, ...]
    start_day: int = 0
    days: int = 7


READINGS: Mapping[str, Reading] = {
    "orders_per_user": Reading(("orders",)),
    "revenue_per_user": Reading(("orders", "amount")),
    "orders_per_session": Reading(("orders",)),
    "tickets_per_user": Reading(("tickets",)),
    "sessions_per_user": Reading(()),
    "alert_precision": Reading(("hits",)),
    "orders_days_0_to_2": Reading(("orders",), 0, 3),
    "orders_days_7_to_9": Reading(("orders",), 7, 3),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """`relative` is treatment over control minus 1."""

    study: str
    metric: str
    relative: float


def planted(study: str) -> PlantedStudy:
    """The planted study of that name."""
    found = {planted.name: planted for planted in STUDIES}
    if study not in found:
        raise InputError(f"world: no study '{study}' is planted; planted are {', '.join(found)}")
    return found[study]


def truth(study: str, metric: str) -> Truth | None:
    """The true effect of a study on a metric, or None where none is registered."""
    reading = READINGS.get(metric)
    if reading is None:
        return None
    source = planted(study)
    if source.lost_share > 0:
        return None
    days = range(reading.start_day, reading.start_day + reading.days)
    by_day = {prod(1 + source.effect(lever, day) for lever in reading.levers) - 1 for day in days}
    return Truth(study, metric, by_day.pop()) if len(by_day) == 1 else None


def truths() -> tuple[Truth, ...]:
    """Every registered truth, by study and metric."""
    found = (truth(study.name, metric) for study in STUDIES for metric in READINGS)
    return tuple(item for item in found if item is not None)
