from __future__ import annotations

import numpy as np

from impact_pipeline.causal.base import Question
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.estimators.causal.synthetic_control import SyntheticControlEstimator
from impact_pipeline.sensitivity.leave_one_donor_out import LeaveOneDonorOut
from impact_pipeline_tests.estimators.causal.synthetic_questions import BEFORE, design, drawn_outcomes, finding
from impact_pipeline_tests.stats.synthetic_control.panels import panel


def test_an_effect_that_many_donors_carry_passes() -> None:
    found = finding(LeaveOneDonorOut(), drawn_outcomes(effect=5.0))
    assert found.passed
    assert float(found.details["lowest"]) > 2.5


def test_an_effect_that_is_one_donors_own_fall_fails() -> None:
    values = drawn_outcomes(1, donors=44)
    values[0] = values[5] + 0.3 * np.random.default_rng(0).normal(size=values.shape[1])
    values[5, BEFORE:] -= 20
    found = finding(LeaveOneDonorOut(), values)
    assert found.passed is False
    assert found.details["donor"] == "u05"


def test_an_effect_not_told_from_0_has_no_sign_to_lose() -> None:
    found = finding(LeaveOneDonorOut(), drawn_outcomes())
    assert found.passed is None
    assert "donors in turn" in found.sentence


def test_each_donor_is_shown() -> None:
    question = Question(panel(drawn_outcomes(effect=5.0), BEFORE), design())
    effects = SyntheticControlEstimator().effects(question)
    [curve] = LeaveOneDonorOut().check(question, effects).exhibits
    assert isinstance(curve, SpecificationCurve)
    assert curve.alternatives[0].is_main
    assert len(curve.alternatives) > 2
