from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.sensitivity.honest_did import HonestDid
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


def test_a_large_effect_stands_and_its_robust_intervals_widen() -> None:
    told = checked(HonestDid(), panel(effect=4.0))
    assert told.finding.passed
    assert float(told.finding.statistic or 0) > 1
    (curve,) = told.exhibits
    assert isinstance(curve, Curve)
    widths = [
        point.upper - point.lower for point in curve.points if point.upper is not None and point.lower is not None
    ]
    assert widths == sorted(widths)
    assert [point.position for point in curve.points] == [0, 0.25, 0.5, 1, 1.5, 2]


def test_a_line_that_goes_on_is_undone_and_never_ships() -> None:
    sample = panel(effect=0.0)
    trend = replace(sample, outcome=sample.outcome + 0.25 * sample.period * (sample.unit < 30))
    found = checked(HonestDid(), trend).finding
    assert found.passed is False
    assert found.consequence == "never_ship"
    assert float(found.details["without_line_lower"]) < 0 < float(found.details["without_line_upper"])
    assert found.details["breakdown_bend"] == 0.0


def test_the_larger_of_both_breakdown_values_counts() -> None:
    details = checked(HonestDid(), panel(effect=2.0)).finding.details
    found = checked(HonestDid(), panel(effect=2.0)).finding
    assert found.statistic == pytest.approx(max(float(details["breakdown_average"]), float(details["breakdown_first"])))


def test_an_effect_that_is_none_has_nothing_to_be_undone() -> None:
    found = checked(HonestDid(), panel(effect=0.0)).finding
    assert found.passed is None
    assert "nothing to be undone" in found.sentence


def test_without_periods_before_or_clusters_or_units_it_is_silent() -> None:
    assert checked(HonestDid(), panel(periods=4, start=1)).finding.passed is None
    assert checked(HonestDid(), panel(units=6, treated=3, periods=9), errors="CR2").finding.passed is None
    assert checked(HonestDid(), sections(), estimator="group_means").finding.passed is None


def test_most_true_effects_of_five_standard_errors_stand() -> None:
    passed = [checked(HonestDid(), panel(seed=seed, effect=1.3)).finding.passed for seed in range(20)]
    assert np.mean([one is not False for one in passed]) >= 0.75
