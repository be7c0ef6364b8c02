"""Lessons of all studies: what people wrote in postmortems, and the reasons of verdicts, searched by words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.reports.formatting import visible
from impact_pipeline.reports.ranking import scores

LessonKind = Literal["lesson", "surprise", "root cause", "verdict"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """`place` is where it was written; `metrics` are those of its study."""

    study: str
    title: str
    model: str
    metrics: tuple[str, ...]
    kind: LessonKind
    text: str
    tags: tuple[str, ...]
    place: str

    @property
    def searched(self) -> str:
        """All that words may match."""
        return " ".join((self.text, *self.tags, self.study, self.title, self.model, *self.metrics))

    def as_plain(self) -> dict[str, Any]:
        return asdict(self)

    def as_line(self) -> str:
        tags = "".join(f" [{tag}]" for tag in self.tags)
        return visible(f"{self.study}, {self.kind}: {self.text}{tags} ({self.place})")


def lessons_of(catalog: Catalog, cards: Iterable[Scorecard] = ()) -> tuple[Lesson, ...]:
    """By study: its postmortem's lessons, surprises and root causes; then the reasons of verdicts that stand."""
    told = (one for name in sorted(catalog.postmortems) for one in _written(catalog, name))
    decided = (one for card in cards if card.study in catalog.plans for one in _decided(catalog, card))
    return (*told, *decided)


def search(
    lessons: Iterable[Lesson], words: Sequence[str], model: str | None = None, metric: str | None = None
) -> tuple[Lesson, ...]:  # fmt: skip
    """Those of the model and the metric; with words, those that hold one, best match first."""
    kept = [one for one in lessons if model in (None, one.model) and (metric is None or metric in one.metrics)]
    if not words:
        return tuple(kept)
    ranked = sorted(zip(scores([one.searched for one in kept], words), kept, strict=True), key=lambda found: -found[0])
    return tuple(lesson for score, lesson in ranked if score > 0)


def _written(catalog: Catalog, study: str) -> Iterator[Lesson]:
    words, place = catalog.postmortems[study], f"postmortems/{study}"
    if study not in catalog.plans:
        return
    plan = catalog.plans[study]
    for lesson in words.lessons:
        yield _lesson(plan, "lesson", lesson.text, place, lesson.tags)
    yield from (_lesson(plan, "surprise", text, place) for text in words.surprises)
    yield from (_lesson(plan, "root cause", text, place) for text in words.root_causes)


def _decided(catalog: Catalog, card: Scorecard) -> Iterator[Lesson]:
    place = f"{card.verdict.decision} on {card.as_of}"
    yield from (_lesson(catalog.plans[card.study], "verdict", reason, place) for reason in card.verdict.reasons)


def _lesson(plan: EvaluationPlan, kind: LessonKind, text: str, place: str, tags: tuple[str, ...] = ()) -> Lesson:
    metrics = tuple(dict.fromkeys(use.metric for use in plan.metrics))
    return Lesson(plan.name, plan.title, plan.change.model, metrics, kind, text, tags, place)
