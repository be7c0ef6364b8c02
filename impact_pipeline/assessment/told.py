"""What ladders found as plain rows: stored with a look, shown in its report, answered by `impact analyze`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from impact_pipeline.assessment.ladder import Ladder
from impact_pipeline.causal.base import Effect
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Grade
from impact_pipeline.estimators.causal.detail import (
    MAIN,
    Attempt,
    CausalDetail,
    NamedEffect,
    NamedNumber,
    ShownExhibit,
)
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the ladders of a study's metrics found."""

    grade: Grade | None
    findings: tuple[Finding, ...]
    detail: CausalDetail


def tell(ladders: Mapping[str, Ladder]) -> Told:
    """Metric -> ladder, as rows in their order."""
    items = ladders.items()
    grades = [ladder.answer.grade for ladder in ladders.values()]
    known: list[Grade] = [grade for grade in grades if grade is not None]
    detail = CausalDetail(
        tuple(row for metric, ladder in items for row in _attempts(metric, ladder)),
        tuple(row for metric, ladder in items for row in _effects(metric, ladder)),
        tuple(
            NamedNumber(metric, name, float(value))
            for metric, ladder in items
            for name, value in ladder.answer.assessment.effects.numbers.items()
            if math.isfinite(value)
        ),
        tuple(ShownExhibit(m, exhibit) for m, ladder in items for exhibit in ladder.answer.assessment.exhibits),
    )
    findings = (replace(f, metric=metric) for metric, ladder in items for f in ladder.answer.assessment.findings)
    return Told(max(known) if known else None, tuple(findings), detail)


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
