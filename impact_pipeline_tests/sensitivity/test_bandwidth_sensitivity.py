from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.sensitivity.bandwidth_sensitivity import BandwidthSensitivity
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, sample
from impact_pipeline_tests.stats.discontinuity.drawn import quietly


def test_lines_pass_and_every_width_is_rdrobusts() -> None:
    from rdrobust import rdrobust

    section = sample()
    found = checked(BandwidthSensitivity(), section, bandwidth=0.4, bias_bandwidth=0.6)
    assert found.finding.passed is True
    (curve,) = found.exhibits
    assert isinstance(curve, Curve)
    assert [point.position for point in curve.points] == pytest.approx([0.2, 0.3, 0.4, 0.5, 0.6])
    for point in curve.points:
        oracle = quietly(rdrobust, section.outcome, section.score, h=point.position, b=1.5 * point.position)
        assert (point.value, point.lower) == pytest.approx(
            (float(oracle.coef.iloc[0, 0]), float(oracle.ci.iloc[2, 0])), rel=1e-7
        )


def test_a_bias_of_the_whole_width_fails() -> None:
    section = sample(n=4000)
    assert section.score is not None
    bent = replace(section, outcome=section.outcome + 3 * np.sin(8 * np.abs(section.score)) * np.sign(section.score))
    found = checked(BandwidthSensitivity(), bent, bandwidth=0.9).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "the wider fit is biased" in found.sentence


def test_a_window_is_halved_too() -> None:
    section = sample(n=6000)
    found = checked(BandwidthSensitivity(), section, **WINDOW).finding
    near = np.abs(section.score) < 0.1  # type: ignore[arg-type]
    outcome, side = section.outcome[near], section.treatment[near]
    assert found.details["value at 0.5 widths"] == pytest.approx(outcome[side == 1].mean() - outcome[side == 0].mean())


def test_too_few_units_within_half_the_width_are_told() -> None:
    section = sample(n=2000)
    assert section.score is not None
    far = section.keep(np.abs(section.score) > 0.3)
    found = checked(BandwidthSensitivity(), far, bandwidth=0.6).finding
    assert (found.passed, found.sentence) == (None, "Within half the width there are too few units on a side.")


def test_without_an_effect_there_is_nothing_to_check() -> None:
    assert checked(BandwidthSensitivity(), sample(n=12)).finding.passed is None
