from __future__ import annotations

from impact_pipeline.diagnostics.causal.mass_points import MassPoints
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, sample


def test_a_fine_score_passes() -> None:
    assert checked(MassPoints(), sample()).finding.passed is True


def test_few_values_within_the_bandwidth_fail() -> None:
    found = checked(MassPoints(), sample(step=0.05), bandwidth=0.35, bias_bandwidth=0.5).finding
    assert (found.passed, found.statistic) == (False, 6.0)
    assert "6 distinct values on the side with fewer; 10 are needed" in found.sentence


def test_a_window_needs_none() -> None:
    assert checked(MassPoints(), sample(step=0.05), **WINDOW).finding.passed is None
