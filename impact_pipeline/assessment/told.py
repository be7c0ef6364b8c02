"""What ladders found as plain rows: stored with a look, shown in its report, answered by `impact analyze`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from impact_pipeline.assessment.ladder import Ladder
from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Grade
from impact_pipeline.stats.refusal import Refusal

MAIN = "main"


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
class Told:
    """Everything that the ladders of a study's metrics found."""

    grade: Grade | None
    attempts: tuple[Attempt, ...]
    effects: tuple[NamedEffect, ...]
    numbers: tuple[NamedNumber, ...]
    findings: tuple[Finding, ...]
    exhibits: tuple[ShownExhibit, ...]


def tell(ladders: Mapping[str, Ladder]) -> Told:
    """Metric -> ladder, as rows in their order."""
    items = ladders.items()
    grades = [ladder.answer.grade for ladder in ladders.values()]
    known: list[Grade] = [grade for grade in grades if grade is not None]
    return Told(
        max(known) if known else None,
        tuple(row for metric, ladder in items for row in _attempts(metric, ladder)),
        tuple(row for metric, ladder in items for row in _effects(metric, ladder)),
        tuple(
            NamedNumber(metric, name, float(value))
            for metric, ladder in items
            for name, value in ladder.answer.assessment.effects.numbers.items()
            if math.isfinite(value)
        ),
        tuple(replace(f, metric=metric) for metric, ladder in items for f in ladder.answer.assessment.findings),
        tuple(ShownExhibit(m, exhibit) for m, ladder in items for exhibit in ladder.answer.assessment.exhibits),
    )


def _attempts(metric: str, ladder: Ladder) -> Iterator[Attempt]:
    for place, rung in enumerate(ladder.rungs):
        own, main = rung.assessment, rung.assessment.effects.main
        numbers = (None, None, None) if isinstance(main, Refusal) else (main.value, main.lower, main.upper)
        told = main.detail if isinstance(main, Refusal) else " ".join(f.sentence for f in own.failed)
        yield Attempt(
            metric, own.design.type, own.method, rung.grade, rung.stands, place == ladder.chosen,
            told or "Every check passed, or could not be asked.", *numbers,
        )  # fmt: skip


def _effects(metric: str, ladder: Ladder) -> Iterator[NamedEffect]:
    found = ladder.answer.assessment.effects
    for name, effect in ((MAIN, found.main), *found.others.items()):
        yield _named(metric, name, effect)


def _named(metric: str, name: str, effect: Effect | Refusal) -> NamedEffect:
    if isinstance(effect, Refusal):
        return NamedEffect(metric, name, None, reason=effect.reason, detail=effect.detail)
    return NamedEffect(
        metric, name, effect.value, effect.std_error, _finite(effect.lower), _finite(effect.upper), effect.p_value,
        effect.method, effect.estimand, _finite(effect.degrees_of_freedom), effect.treated, effect.untreated,
    )  # fmt: skip


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
