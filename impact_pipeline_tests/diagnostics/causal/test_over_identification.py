from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.causal.over_identification import OverIdentification
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.instrumented import checked, sample


@pytest.mark.parametrize(("errors", "test"), [("classical", "Sargan"), ("HC1", "Hansen J")])
def test_valid_instruments_pass(errors: str, test: str) -> None:
    found = checked(OverIdentification(), sample(1, n=1000), errors=errors).finding
    assert (found.passed, found.consequence) == (True, "never_ship")
    assert f"({test}" in found.sentence


def test_an_instrument_that_reaches_the_outcome_itself_fails() -> None:
    section = sample(2, n=1000)
    moved = replace(section, outcome=section.outcome + 0.5 * section.instruments["z1"])
    found = checked(OverIdentification(), moved).finding
    assert found.passed is False
    assert "The 3 instruments contradict each other" in found.sentence


def test_one_instrument_is_not_tested() -> None:
    found = checked(OverIdentification(), sample(3, instruments=1)).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert "one instrument has nothing to be compared with" in found.sentence


def test_without_a_fit_there_is_nothing_to_test() -> None:
    found = OverIdentification().check(Question(sample(3), None), Effects(Refusal("collinear", ""))).finding
    assert found.passed is None


def test_about_one_in_twenty_valid_samples_fails() -> None:
    failed = [checked(OverIdentification(), sample(seed, n=300)).finding.passed is False for seed in range(200)]
    assert sum(failed) <= 21
