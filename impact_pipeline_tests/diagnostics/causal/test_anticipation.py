from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.anticipation import Anticipation
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.estimators.causal.adopters import answered, asked, panel


def found(sample: Panel, **settings: object) -> Finding:
    question = asked(sample, **settings)
    return Anticipation().check(question, answered(question)).finding


def test_without_a_reaction_it_passes() -> None:
    assert found(panel()).passed is True


@pytest.mark.parametrize("base_period", ["varying", "universal"])
def test_a_reaction_fails_and_tells_what_to_do(base_period: str) -> None:
    finding = found(panel(before=-1.5), base_period=base_period)
    assert (finding.passed, finding.consequence) == (False, "never_ship")
    change = finding.details["change"]
    assert isinstance(change, float)
    assert change == pytest.approx(-1.5, abs=0.9)
    assert "set anticipation to 1 or more if units knew beforehand" in finding.sentence


def test_anticipation_of_the_design_moves_the_base_before_the_reaction() -> None:
    assert found(panel(before=-1.5), anticipation=1).passed is True


def test_one_period_before_adoption_shows_no_reaction() -> None:
    finding = found(panel(np.array([1] * 40 + [6] * 60)))
    assert (finding.passed, finding.details["reason"]) == (None, "no_pre_period")
