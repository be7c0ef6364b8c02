from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.group_time_pre_trends import GroupTimePreTrends
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.estimators.causal.adopters import answered, asked, panel


def found(sample: Panel) -> Finding:
    question = asked(sample)
    return GroupTimePreTrends().check(question, answered(question)).finding


def test_parallel_trends_pass_and_the_power_of_the_test_is_told() -> None:
    finding = found(panel())
    assert finding.passed is True
    assert finding.statistic is not None
    assert finding.statistic >= 0.05
    slope, bias = finding.details["slope_found_at_80_percent"], finding.details["bias_of_that_slope"]
    assert isinstance(slope, float)
    assert isinstance(bias, float)
    assert 0 < slope < bias
    assert f"a steady trend that adds {bias:.3g} to the effect" in finding.sentence


def test_a_trend_of_adopters_fails_and_never_ships() -> None:
    finding = found(panel(trend=0.7))
    assert (finding.passed, finding.consequence) == (False, "never_ship")
    assert "do not fit parallel trends" in finding.sentence


def test_one_period_before_adoption_leaves_it_open() -> None:
    finding = found(panel(np.array([1] * 40 + [6] * 60)))
    assert (finding.passed, finding.consequence) == (None, "none")
    assert finding.details["reason"] == "no_pre_period"


def test_it_fails_in_about_one_of_twenty_panels_without_a_trend() -> None:
    failed = sum(found(panel(seed=seed)).passed is False for seed in range(120))
    assert failed / 120 == pytest.approx(0.05, abs=0.06)
