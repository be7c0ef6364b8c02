"""What stands beside the results of a causal design: the designs that were asked, named effects, numbers, exhibits."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.estimators.base import Grade

MAIN = "main"
"""The name of the effect that is the metric's result."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One design that was asked of a metric. `stands` where it has a number and no check failed; `told` says why not.

    `answers` marks the one whose number is the metric's.
    """

    metric: str
    design: str
    method: str
    grade: Grade | None
    stands: bool
    answers: bool
    told: str
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class NamedEffect:
    """The main effect, and those beside it; None where there is no number, with the reason. Unbounded is None too."""

    metric: str
    name: str
    value: float | None
    std_error: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    method: str = ""
    estimand: str = ""
    degrees_of_freedom: float | None = None
    treated: float | None = None
    untreated: float | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class NamedNumber:
    """A number that a reader of the method wants to see beside the effect."""

    metric: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class ShownExhibit:
    metric: str
    exhibit: Exhibit


@dataclass(frozen=True, slots=True)
class CausalDetail:
    """All of these, metric by metric in the plan's order."""

    attempts: tuple[Attempt, ...]
    effects: tuple[NamedEffect, ...]
    numbers: tuple[NamedNumber, ...]
    exhibits: tuple[ShownExhibit, ...]
