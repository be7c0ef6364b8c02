"""A question with its answer, its numbers and what was measured for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.estimators.base import Interval, Result
from impact_pipeline.estimators.conclusion import Effects, effects_of, results
from impact_pipeline.estimators.question import Answer, Estimator, Notes, Question
from impact_pipeline.estimators.refusals import Measured, refusals
from impact_pipeline.outcomes.cells import Group


@dataclass(frozen=True, slots=True)
class Asked:
    question: Question
    answer: Answer
    effects: Effects
    measured: Measured
    notes: Notes

    def results(self, metric: str, groups: Sequence[Group]) -> tuple[Result, ...]:
        """Each group's estimate, or the reason why it has none."""

        def closed(place: int) -> dict[str, int]:
            return {arm: int(units[place]) for arm, units in self.measured.closed.items()}

        def notes(place: int) -> tuple[str, ...]:
            return (*self.notes(place), *self.answer.notes(place))

        return tuple(results(metric, self.question, self.answer, self.effects, groups, notes, closed))

    def intervals(self) -> Iterator[tuple[int, float, Interval]]:
        """Place, value and interval of each group that has an estimate."""
        found, level = self.effects.difference, 1 - self.question.alpha
        shape = self.effects.refused.shape
        value, lower, upper = (np.broadcast_to(n, shape) for n in (found.value, found.lower, found.upper))
        for place in np.flatnonzero(self.effects.refused < 0).tolist():
            yield place, float(value[place]), Interval(float(lower[place]), float(upper[place]), level)


def asked(estimator: Estimator, question: Question, measured: Measured, notes: Notes) -> Asked:
    """The estimator's answer with its numbers; all refusals in the order in which they are told."""
    answer = estimator.answer(question)
    effects = effects_of(question, answer, refusals(measured, question, notes))
    return Asked(question, answer, effects, measured, notes)
