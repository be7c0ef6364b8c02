from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.sensitivity.placebo_start import PlaceboStart
from impact_pipeline_tests.diagnostics.causal.one_series import effects, interrupted, shop, structural, with_outcome


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_calm_past_passes_whatever_the_effect_is(asked: object) -> None:
    question = asked(shop(8, effect=500.0))  # type: ignore[operator]
    checked = PlaceboStart().check(question, effects(question))
    assert checked.finding.passed is True
    (curve,) = checked.exhibits
    assert isinstance(curve, Curve)
    assert [point.position for point in curve.points] == [33, 45, 56, 67]
    assert all(abs(point.value) < 5 for point in curve.points)


@pytest.mark.parametrize("asked", [interrupted, structural])
def test_a_jump_in_the_past_fails_at_a_date_near_it(asked: object) -> None:
    sample = shop(9)
    question = asked(with_outcome(sample, sample.outcome + 20.0 * (np.arange(100) >= 45)))  # type: ignore[operator]
    found = PlaceboStart().check(question, None).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert found.threshold == pytest.approx(0.0025)
    assert "2024-02-15" in found.details


def test_a_past_too_short_for_a_date_says_nothing() -> None:
    found = PlaceboStart().check(structural(replace(shop(), starts=3)), None).finding
    assert (found.passed, found.consequence) == (None, "none")
