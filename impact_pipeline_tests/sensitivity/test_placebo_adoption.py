from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.sensitivity.placebo_adoption import LIMIT, PlaceboAdoption
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline_tests.estimators.causal.adopters import FIRST, PERIODS, answered, asked, panel


def found(sample: Panel) -> Finding:
    question = asked(sample)
    return PlaceboAdoption().check(question, answered(question)).finding


def test_placebos_are_rarely_significant() -> None:
    finding = found(panel())
    assert finding.passed is True
    assert finding.statistic is not None
    assert finding.statistic <= LIMIT == pytest.approx(0.1425, abs=1e-4)
    assert finding.details == {"draws": 50, "comparison_units": 60}


def test_cohorts_too_small_for_their_errors_fail() -> None:
    """Placebo cohorts are as small as the real ones, of one unit each: their own variation is not seen."""
    finding = found(panel(np.array([2, 3, 4, *[6] * 30])))
    assert (finding.passed, finding.consequence) == (False, "hold")


def test_many_comparison_units_are_sampled() -> None:
    assert found(panel(np.array([2] * 300 + [6] * 2500))).details["comparison_units"] == 2000


def test_clusters_draw_together() -> None:
    """Outcomes of a region move as one: units that drew alone would give too many false alarms, or too few."""
    rng = np.random.default_rng(4)
    regions = np.arange(len(FIRST)) % 40
    first = np.array([2] * 6 + [4] * 6 + [6] * 28)[regions]
    shocks = rng.normal(size=(40, PERIODS))[regions].ravel()
    sample = panel(first, effect=0.0)
    clustered: dict[str, Any] = {"cluster": np.repeat(regions, PERIODS).tolist()}
    moved = panel_of(sample.unit.tolist(), sample.period.tolist(), sample.outcome + shocks, sample.treated, **clustered)
    assert found(moved).passed is True


def test_few_comparison_units_leave_it_open() -> None:
    finding = found(panel(np.array([2] * 40 + [6] * 19)))
    assert finding.passed is None
    assert finding.sentence == "19 comparison units are too few to draw placebos from."


def test_the_same_seed_draws_the_same_placebos() -> None:
    assert found(panel()) == found(panel())
