from __future__ import annotations

import numpy as np

from impact_pipeline.causal.base import Question
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.estimators.causal.synthetic_control import SyntheticControlEstimator
from impact_pipeline.sensitivity.synthetic_specifications import SyntheticSpecifications
from impact_pipeline_tests.estimators.causal.synthetic_questions import BEFORE, design, drawn_outcomes, finding
from impact_pipeline_tests.stats.synthetic_control.panels import panel

ALONE = {"u01": 1.0}


def test_an_effect_that_all_methods_see_passes() -> None:
    found = finding(SyntheticSpecifications(), drawn_outcomes(effect=6.0))
    assert found.passed
    assert found.statistic == 1.0


def test_an_effect_that_a_choice_of_weights_makes_fails() -> None:
    """The one donor that is given all weight falls by itself; every other way to weigh sees a loss of the treated."""
    values = drawn_outcomes(3)
    values[1] = values[0] + 0.1 * np.random.default_rng(0).normal(size=24)
    values[1, BEFORE:] -= 80
    values[0, BEFORE:] -= 25
    found = finding(
        SyntheticSpecifications(), values, donors=[f"u{place:02d}" for place in range(1, 25)], weights=ALONE
    )
    assert found.passed is False
    assert found.statistic is not None
    assert found.statistic < 0.5


def test_an_effect_not_told_from_0_is_only_told() -> None:
    assert finding(SyntheticSpecifications(), drawn_outcomes()).passed is None


def test_every_method_and_half_is_shown_once() -> None:
    question = Question(panel(drawn_outcomes(effect=5.0), BEFORE), design())
    effects = SyntheticControlEstimator().effects(question)
    [curve] = SyntheticSpecifications().check(question, effects).exhibits
    assert isinstance(curve, SpecificationCurve)
    choices = [alternative.choices for alternative in curve.alternatives]
    assert len(choices) == len(set(choices)) == 8


def test_few_periods_are_not_halved() -> None:
    found = finding(SyntheticSpecifications(), drawn_outcomes(effect=6.0), before=4)
    assert "of 3 alternatives" in found.sentence
