from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Weights
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.two_way_bias import TwoWayBias
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.estimators.causal.adopters import answered, asked, panel


def found(sample: Panel) -> Checked:
    question = asked(sample)
    return TwoWayBias().check(question, answered(question))


def test_effects_that_grow_bias_the_regression_and_the_grade_stays() -> None:
    finding = found(panel(effect=2.0)).finding
    assert (finding.passed, finding.consequence) == (False, "none")
    assert "are biased against the simple average" in finding.sentence
    share = finding.details["forbidden_share"]
    assert isinstance(share, float)
    assert f"{share:.0%} of their weight compares with units already treated" in finding.sentence


def test_without_an_effect_the_regression_agrees() -> None:
    assert found(panel(effect=0.0)).finding.passed is True


def test_one_cohort_is_the_same_regression() -> None:
    finding = found(panel(np.array([3] * 40 + [6] * 60))).finding
    assert finding.details["forbidden_share"] == 0.0
    assert finding.details["negative_cells"] == 0


def test_what_is_compared_is_shown_with_its_weights() -> None:
    (shown,) = found(panel(np.array([0] * 10 + [2] * 30 + [4] * 30 + [6] * 40))).exhibits
    assert isinstance(shown, Weights)
    assert sum(weight for _, weight in shown.rows) == pytest.approx(1.0)
    assert {name for name, _ in shown.rows} == {
        "2003 against never treated", "2005 against never treated", "2003 against 2005, not yet treated",
        "2005 against 2003, already treated", "2003 against always treated", "2005 against always treated",
    }  # fmt: skip
