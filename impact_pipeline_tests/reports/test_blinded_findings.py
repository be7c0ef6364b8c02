"""Findings of a blinded study."""

from __future__ import annotations

from datetime import date

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.registry import DIAGNOSTICS
from impact_pipeline.diagnostics.study import not_asked
from impact_pipeline.reports.blinded_findings import OF_EFFECTS, OF_UNITS, told_findings, with_aliases
from impact_pipeline_tests.reports.examples import catalog

STUDY, NAMES, UNTIL = catalog().study("ranker_v2"), {"control": "arm B", "treatment": "arm A"}, date(2026, 3, 27)
WITHHELD = "What it found is withheld until the look of 2026-03-27."


def told(diagnostic: str, sentence: str, passed: bool | None = True) -> Finding:
    found = Finding(
        diagnostic, passed, 0.2, 0.01, sentence, "hold", {"p_value orders treatment": 0.2}, "asks?", "means"
    )
    [one] = told_findings([found], STUDY, NAMES, UNTIL)
    assert (one.statistic, one.threshold, one.details) == (None, None, {})
    assert (one.passed, one.consequence, one.asks, one.pass_means) == (passed, "hold", "asks?", "means")
    return one


def test_what_is_of_units_is_told_with_aliases() -> None:
    sentence = "The arms' units fit (control 5 units, treatment 6 units)."
    assert told("sample_ratio", sentence).sentence == "The arms' units fit (arm B 5 units, arm A 6 units)."


def test_what_is_of_effects_is_told_by_its_outcome() -> None:
    assert told("novelty", "The effect of treatment on orders fades.", passed=False).sentence == WITHHELD
    assert told("novelty", "No metric has a trend yet.", passed=None).sentence == "No metric has a trend yet."


def test_what_is_not_known_here_is_withheld() -> None:
    assert told("added_by_a_package", "The effect is 5.", passed=None).sentence == WITHHELD


def test_what_does_not_apply_says_so() -> None:
    assert told("pre_trends", not_asked("randomized"), passed=None).sentence == "Not asked of a randomized design."


def test_every_bundled_diagnostic_has_its_place() -> None:
    assert {diagnostic.name for diagnostic in DIAGNOSTICS} == OF_UNITS | OF_EFFECTS
    assert not OF_UNITS & OF_EFFECTS


def test_an_arm_whose_name_begins_like_another_keeps_apart() -> None:
    names = {"new": "arm A", "new_ranker": "arm B", "old": "arm C"}
    assert with_aliases("new 1, new_ranker 2, news, 'old'", names) == "arm A 1, arm B 2, news, 'arm C'"
