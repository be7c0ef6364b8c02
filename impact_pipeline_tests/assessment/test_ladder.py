"""Designs in turn: who is asked, who answers, and with which grade."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impact_pipeline.assessment import assess as module
from impact_pipeline.assessment import ladder
from impact_pipeline.assessment.assess import Assessment, assess
from impact_pipeline.assessment.ladder import Ladder, Step, climb
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.estimators.base import Grade
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline_tests.assessment.small_methods import EFFECT, Check, Design, Estimator

SOUND, REFUSED = Effects(EFFECT), Effects(Refusal("too_few_periods", "three periods"))


def climbed(
    monkeypatch: pytest.MonkeyPatch, *found: Effects, failing: tuple[int, ...] = (), caps: tuple[Grade, ...] = ()
) -> tuple[Ladder, list[Estimator]]:
    """A ladder whose rungs find these effects; a check fails on those in `failing`."""
    estimators = [Estimator(one, name=f"method {place}") for place, one in enumerate(found)]
    questions: list[Question[Any, Any]] = [
        Question(Series(("1", "2"), np.zeros(2), 1), Design(), seed=place) for place in range(len(found))
    ]

    def assessed(question: Question[Any, Any]) -> Assessment:
        monkeypatch.setattr(module, "causal_estimator", lambda design: estimators[question.seed])
        return assess(question, checks=(Check("trends", passed=question.seed not in failing),), refuters=())

    monkeypatch.setattr(ladder, "assess", assessed)
    given = caps or ("C",) * len(found)
    return climb([step(question, cap) for question, cap in zip(questions, given, strict=True)]), estimators


def step(question: Question[Any, Any] | Refusal, cap: Grade = "C") -> Step:
    return Step(Design(), lambda: question, cap)


def test_a_sample_that_cannot_be_read_is_told_and_the_next_design_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "causal_estimator", lambda design: Estimator(SOUND))
    sound: Question[Any, Any] = Question(Series(("1", "2"), np.zeros(2), 1), Design())
    found = climb([step(Refusal("empty_arm", "no rows yet")), step(sound)])
    first = found.rungs[0].assessment
    assert (found.chosen, len(found.rungs), first.grade) == (1, 2, None)
    assert first.effects.main == Refusal("empty_arm", "no rows yet")


def test_a_first_design_that_stands_answers_and_no_other_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found, estimators = climbed(monkeypatch, SOUND, SOUND)
    assert (found.chosen, len(found.rungs), estimators[1].asked) == (0, 1, [])


@pytest.mark.parametrize(("first", "failing"), [(REFUSED, ()), (SOUND, (0,))])
def test_the_next_answers_where_the_first_is_refused_or_fails(
    monkeypatch: pytest.MonkeyPatch, first: Effects, failing: tuple[int, ...]
) -> None:
    found, _ = climbed(monkeypatch, first, SOUND, failing=failing)
    assert (found.chosen, found.answer.grade, found.answer.assessment.method) == (1, "C", "method 1")


def test_a_cap_holds_a_fallback_down(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = climbed(monkeypatch, REFUSED, SOUND, caps=("C", "D"))
    assert (found.chosen, found.answer.grade) == (1, "D")


def test_where_none_stands_the_first_with_a_number_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = climbed(monkeypatch, REFUSED, SOUND, SOUND, failing=(1, 2))
    assert (found.chosen, found.answer.grade, len(found.rungs)) == (1, "D", 3)


def test_where_all_are_refused_the_first_refusal_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = climbed(monkeypatch, REFUSED, REFUSED)
    assert (found.chosen, found.answer.grade) == (0, None)
