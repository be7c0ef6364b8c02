from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.sensitivity.donut_hole import DonutHole
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, sample
from impact_pipeline_tests.stats.discontinuity.drawn import quietly


def test_a_clean_cutoff_passes_and_holes_are_shown() -> None:
    found = checked(DonutHole(), sample())
    assert found.finding.passed is True
    (curve,) = found.exhibits
    assert isinstance(curve, Curve)
    assert len(curve.points) == 4


def test_without_the_nearest_units_it_is_rdrobust_without_them() -> None:
    from rdrobust import rdrobust

    section = sample()
    assert section.score is not None
    (curve,) = checked(DonutHole(), section, bandwidth=0.4, bias_bandwidth=0.6).exhibits
    assert isinstance(curve, Curve)
    outside = np.abs(section.score) >= 0.02
    oracle = quietly(rdrobust, section.outcome[outside], section.score[outside], h=0.4, b=0.6)
    point = next(one for one in curve.points if one.position == pytest.approx(0.02))
    assert point.value == pytest.approx(float(oracle.coef.iloc[0, 0]), rel=1e-8)


def test_an_effect_of_the_nearest_units_alone_fails() -> None:
    section = sample(n=4000, effect=0.0)
    assert section.score is not None
    near = (section.score >= 0) & (section.score < 0.015)
    found = checked(DonutHole(), replace(section, outcome=section.outcome + 8.0 * near), bandwidth=0.3).finding
    assert (found.passed, found.consequence) == (False, "never_ship")


def test_a_mirrored_design_finds_the_same() -> None:
    section = sample()
    assert section.score is not None
    mirrored = replace(section, score=-section.score)
    plain, turned = checked(DonutHole(), section), checked(DonutHole(), mirrored, treated="at_or_below")
    assert turned.finding.statistic == pytest.approx(plain.finding.statistic)


def test_a_window_has_no_hole() -> None:
    assert checked(DonutHole(), sample(), **WINDOW).finding.passed is None


def test_too_few_units_are_told() -> None:
    section = sample(n=2000)
    assert section.score is not None
    few = section.keep((np.abs(section.score) < 0.02) | (np.abs(section.score) > 0.9))
    found = checked(DonutHole(), few, bandwidth=0.5).finding
    assert (found.passed, "there are too few on a side" in found.sentence) == (None, True)
