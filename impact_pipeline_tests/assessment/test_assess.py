"""What is run for a question, in which order, and which grade comes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impact_pipeline.assessment import assess as module
from impact_pipeline.assessment.assess import Assessment, assess
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Consequence
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline_tests.assessment.small_methods import EFFECT, Check, Design, Estimator

QUESTION: Question[Any, Any] = Question(Series(("1", "2"), np.zeros(2), 1), Design())
REFUSED = Effects(Refusal("no_pre_period", "nothing was seen before"))


def assessed(monkeypatch: pytest.MonkeyPatch, found: Effects, *checks: Check) -> Assessment:
    estimator = Estimator(found)
    monkeypatch.setattr(module, "causal_estimator", lambda design: estimator)
    return assess(QUESTION, checks=checks, refuters=())


def test_a_clean_quasi_experiment_has_grade_c(monkeypatch: pytest.MonkeyPatch) -> None:
    found = assessed(monkeypatch, Effects(EFFECT), Check("trends"), Check("balance", passed=None))
    assert (found.grade, found.method, found.failed) == ("C", "made_up_method", ())


@pytest.mark.parametrize(("consequence", "grade"), [("never_ship", "D"), ("hold", "D"), ("none", "C")])
def test_a_failed_check_costs_the_grade_if_it_says_so(
    monkeypatch: pytest.MonkeyPatch, consequence: Consequence, grade: str
) -> None:
    found = assessed(monkeypatch, Effects(EFFECT), Check("trends", passed=False, consequence=consequence))
    assert found.grade == grade


def test_checks_before_the_fit_see_no_effects_and_those_after_it_do(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = Check("design", needs_fit=False), Check("fit")
    found = assessed(monkeypatch, Effects(EFFECT), after, before)
    assert before.seen == [None]
    assert [effects.main for effects in after.seen if effects] == [EFFECT]
    assert [finding.diagnostic for finding in found.findings] == ["design", "fit"]
    assert {exhibit.name for exhibit in found.exhibits} == {"design", "fit"}


def test_findings_say_what_was_asked_and_what_a_pass_means(monkeypatch: pytest.MonkeyPatch) -> None:
    [finding] = assessed(monkeypatch, Effects(EFFECT), Check("trends")).findings
    assert (finding.asks, finding.pass_means) == ("Is it so?", "It is so.")


def test_checks_of_other_designs_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Check("other", designs=frozenset({"another"}))
    assert assessed(monkeypatch, Effects(EFFECT), other).findings == ()
    assert other.seen == []


def test_a_refused_fit_has_no_grade_and_its_checks_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = Check("design", needs_fit=False), Check("fit")
    found = assessed(monkeypatch, REFUSED, before, after)
    assert found.grade is None
    assert after.seen == []
    assert [finding.diagnostic for finding in found.findings] == ["design"]


def test_settings_without_an_estimator_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "causal_estimator", lambda design: None)
    main = assess(QUESTION).effects.main
    assert isinstance(main, Refusal)
    assert main.detail == "no estimator takes the settings of this made_up design"
