"""Findings of a blinded study."""

from __future__ import annotations

from datetime import date

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.registry import CAUSAL_CHECKS
from impact_pipeline.diagnostics.registry import DIAGNOSTICS
from impact_pipeline.diagnostics.study import not_asked
from impact_pipeline.reports.blinded_findings import OF_EFFECTS, OF_SAMPLES, OF_UNITS, told_findings, with_aliases
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
    assert {check.name for check in CAUSAL_CHECKS} > OF_SAMPLES


def test_what_is_of_a_causal_sample_is_told_as_it_is() -> None:
    assert (
        told("overlap", "3.0% of the treated units have no like.").sentence == "3.0% of the treated units have no like."
    )
    assert told("pre_trends", "The treated rose by 3.").sentence == WITHHELD


def test_an_arm_whose_name_begins_like_another_keeps_apart() -> None:
    names = {"new": "arm A", "new_ranker": "arm B", "old": "arm C"}
    assert with_aliases("treated units", {}) == "treated units"
    assert with_aliases("new 1, new_ranker 2, news, 'old'", names) == "arm A 1, arm B 2, news, 'arm C'"
