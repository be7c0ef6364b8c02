"""Designs that a plan declares in advance, tried in their order until one may be believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from impact_pipeline.assessment.assess import Assessment, assess, refused
from impact_pipeline.causal.base import Question
from impact_pipeline.estimators.base import Grade
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, eq=False)
class Step:
    """A declared design, its question (or why its sample cannot be read), and the best grade that the plan allows it.

    The question is made when its turn has come: a sample that nothing asks for is not read.
    """

    design: Any
    asked: Callable[[], Question[Any, Any] | Refusal]
    cap: Grade


@dataclass(frozen=True, eq=False)
class Rung:
    """One design of the ladder: its assessment, and the best grade that the plan allows it."""

    assessment: Assessment
    cap: Grade

    @property
    def grade(self) -> Grade | None:
        own = self.assessment.grade
        return None if own is None else max(own, self.cap)

    @property
    def stands(self) -> bool:
        """Whether it has a number and no check failed."""
        return self.assessment.grade is not None and not self.assessment.failed


@dataclass(frozen=True, eq=False)
class Ladder:
    """The designs that were run, first to last, and the place of the one that answers.

    That is the first that stands; where none does, the first that has a number at all, which is of grade D.
    """

    rungs: tuple[Rung, ...]
    chosen: int

    @property
    def answer(self) -> Rung:
        return self.rungs[self.chosen]


def climb(steps: Sequence[Step]) -> Ladder:
    """Assess the first design; the next only where the one before was refused or a check of it failed."""
    rungs: list[Rung] = []
    for step in steps:
        question = step.asked()
        found = refused(step.design, question) if isinstance(question, Refusal) else assess(question)
        rungs.append(Rung(found, step.cap))
        if rungs[-1].stands:
            return Ladder(tuple(rungs), len(rungs) - 1)
    numbered = (place for place, rung in enumerate(rungs) if rung.grade is not None)
    return Ladder(tuple(rungs), next(numbered, 0))
