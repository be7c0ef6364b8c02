from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.sensitivity.series_specifications import SeriesSpecifications
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_series import effects, interrupted, shop, structural


def choices(checked: Checked) -> set[tuple[str, str]]:
    (curve,) = checked.exhibits
    assert isinstance(curve, SpecificationCurve)
    assert [one.is_main for one in curve.alternatives] == [True] + [False] * (len(curve.alternatives) - 1)
    return {one.choices[0] for one in curve.alternatives[1:]}


def test_structural_alternatives_agree_on_a_clear_effect() -> None:
    question = structural(shop(1, effect=8.0))
    checked = SeriesSpecifications().check(question, effects(question))
    assert checked.finding.passed is True
    assert choices(checked) == {
        ("season", "none"), ("level", "local_linear_trend"), ("level", "fixed"), ("level_spread", "0.01"),
        ("level_spread", "0.1"), ("controls", "without market"), ("past", "later half"),
    }  # fmt: skip


def test_interrupted_alternatives_change_errors_and_lags() -> None:
    question = interrupted(shop(1, effect=8.0), errors="newey_west")
    checked = SeriesSpecifications().check(question, effects(question))
    assert checked.finding.passed is True
    assert {("errors", "autoregressive"), ("errors", "newey_west_small_sample"), ("lags", "0")} <= choices(checked)


def test_an_effect_that_hangs_on_a_control_fails() -> None:
    """The control jumps with the change: with it the effect is negative, without it positive."""
    sample = shop(2, effect=0.0)
    after = np.arange(100) >= 75
    outcome = sample.outcome + 10.0 * after
    moved = replace(sample, outcome=outcome, controls={"market": sample.controls["market"] + 20.0 * after})
    question = structural(moved)
    found = SeriesSpecifications().check(question, effects(question)).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "say the opposite" in found.sentence


def test_an_effect_that_cannot_be_told_from_0_is_not_judged() -> None:
    question = structural(shop(3, effect=0.0))
    checked = SeriesSpecifications().check(question, effects(question))
    assert (checked.finding.passed, checked.finding.consequence) == (None, "none")
    assert len(choices(checked)) == 7


def test_without_an_effect_there_is_nothing_to_compare() -> None:
    checked = SeriesSpecifications().check(structural(shop()), Effects(Refusal("zero_variance", "")))
    assert (checked.finding.passed, checked.exhibits) == (None, ())


def test_an_alternative_that_is_refused_is_shown_with_its_reason() -> None:
    question = structural(shop(4, effect=8.0, periods=24, starts=14), season=7)
    checked = SeriesSpecifications().check(question, effects(question))
    (curve,) = checked.exhibits
    assert isinstance(curve, SpecificationCurve)
    refused = [one for one in curve.alternatives if one.refused]
    assert checked.finding.details["refused"] == len(refused) > 0
