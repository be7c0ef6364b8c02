from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.pre_trends import PreTrends
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


def _drifting(slope: float, seed: int = 0) -> Panel:
    sample = panel(seed=seed)
    return replace(sample, outcome=sample.outcome + slope * sample.period * (sample.unit < 30))


def test_parallel_trends_pass_and_the_power_is_told() -> None:
    found = checked(PreTrends(), panel()).finding
    assert found.passed
    assert found.details["leads"] == 4
    assert "is found in 80 % of samples, and going on would move the effect" in found.sentence


def test_a_trend_fails_and_never_ships() -> None:
    found = checked(PreTrends(), _drifting(0.5)).finding
    assert found.passed is False
    assert found.consequence == "never_ship"
    assert "trends differed already" in found.sentence


def test_a_trend_moves_the_effect_by_what_is_told() -> None:
    """Balanced: the slope times what lies between the middles of the periods before and after, 6 - 2 = 4."""
    found = checked(PreTrends(), panel()).finding
    slope, moved = float(found.details["detectable_slope"]), float(found.details["moves_effect_by"])
    assert moved == pytest.approx(4 * slope)


def test_level_is_kept_where_trends_are_parallel() -> None:
    failed = [checked(PreTrends(), panel(seed=seed)).finding.passed is False for seed in range(150)]
    assert 0.005 <= np.mean(failed) <= 0.11


def test_nothing_is_judged_without_leads_or_events_or_units() -> None:
    assert "no test exists" in checked(PreTrends(), panel(periods=4, start=1)).finding.sentence
    assert checked(PreTrends(), panel(periods=4, start=1)).finding.passed is None
    assert checked(PreTrends(), panel(start=1), reference=-2).finding.passed is None
    once = checked(PreTrends(), sections(), estimator="group_means").finding
    assert once.passed is None
    assert "Units are seen once" in once.sentence


def test_without_effects_there_is_nothing_to_check() -> None:
    assert checked(PreTrends(), panel(treated=1)).finding.passed is None
