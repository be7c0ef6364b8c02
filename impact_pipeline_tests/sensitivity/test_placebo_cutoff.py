from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.sensitivity.placebo_cutoff import PlaceboCutoff
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, sample
from impact_pipeline_tests.stats.discontinuity.drawn import quietly


def test_smooth_outcomes_pass_and_jumps_are_rdrobusts() -> None:
    from rdrobust import rdrobust

    section = sample()
    assert section.score is not None
    found = checked(PlaceboCutoff(), section)
    assert found.finding.passed is True
    (curve,) = found.exhibits
    assert isinstance(curve, Curve)
    assert len(curve.points) == 6
    treated = section.score >= 0
    middle = float(np.quantile(section.score[treated], 0.5))
    oracle = quietly(rdrobust, section.outcome[treated], section.score[treated], c=middle)
    point = min(curve.points, key=lambda one: abs(one.position - middle))
    assert point.position == pytest.approx(middle)
    assert point.value == pytest.approx(float(oracle.coef.iloc[0, 0]), rel=1e-4)


def test_a_step_elsewhere_fails_where_it_is() -> None:
    section = sample()
    assert section.score is not None
    median = np.median(section.score[section.score < 0])
    stepped = replace(section, outcome=section.outcome + 2.0 * (section.score >= median))
    found = checked(PlaceboCutoff(), stepped).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert f"the surest is at {median:.4g}, by" in found.sentence


def test_mirrored_designs_find_the_same_jumps() -> None:
    section = sample()
    assert section.score is not None
    mirrored = replace(section, score=-section.score)
    plain, turned = (
        checked(PlaceboCutoff(), one, treated=side).exhibits[0]
        for one, side in ((section, "at_or_above"), (mirrored, "at_or_below"))
    )
    assert isinstance(plain, Curve)
    assert isinstance(turned, Curve)
    assert [point.position for point in turned.points] == pytest.approx([-p.position for p in plain.points[::-1]])
    assert [point.value for point in turned.points] == pytest.approx([p.value for p in plain.points[::-1]])


def test_a_given_bandwidth_leaves_placebos_to_the_rule() -> None:
    given = checked(PlaceboCutoff(), sample(), bandwidth=0.3).finding
    assert given.details == checked(PlaceboCutoff(), sample()).finding.details


def test_a_window_has_no_placebos() -> None:
    assert checked(PlaceboCutoff(), sample(), **WINDOW).finding.passed is None


def test_too_few_units_are_told() -> None:
    found = checked(PlaceboCutoff(), sample(n=40), bandwidth=1.0).finding
    assert (found.passed, found.sentence) == (None, "No placebo cut-off has enough units on both of its sides.")
