"""A change pretended before the real one: what it is made from, its size, and what it finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences.placebo_period import PlaceboPeriod, placebo_period
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, rows_of

LONG = {"units": 40, "treated": 20, "periods": 8, "start": 6}


def _placebo(panel: Panel, anticipation: int = 0) -> PlaceboPeriod:
    rng = np.random.default_rng(0)
    found = placebo_period(rows_of(panel), "auto", 0.05, rng, anticipation=anticipation)
    assert isinstance(found, PlaceboPeriod), found
    return found


def test_it_is_the_difference_of_changes_within_the_periods_before() -> None:
    panel = drawn(**LONG)
    y = panel.matrix(panel.outcome)
    gap = y[:20].mean(axis=0) - y[20:].mean(axis=0)
    found = _placebo(panel)
    assert (found.pretended, found.periods) == ("3", 6)
    assert found.inferred.value == pytest.approx(gap[3:6].mean() - gap[:3].mean(), abs=1e-9)


def test_real_effects_do_not_reach_it() -> None:
    assert _placebo(drawn(**LONG, effect=100.0)).inferred == _placebo(drawn(**LONG, effect=0.0)).inferred


def test_anticipated_periods_are_left_out() -> None:
    panel = drawn(**LONG)
    moved = replace(panel, outcome=panel.outcome + 50.0 * ((panel.unit < 20) & (panel.period == 5)))
    assert abs(_placebo(moved, anticipation=1).inferred.value) < 2 < _placebo(moved).inferred.value


def test_it_finds_a_trend_and_has_its_size_without_one() -> None:
    panels = [drawn(seed, **LONG) for seed in range(200)]
    rejected = [_placebo(panel).inferred.p_value < 0.05 for panel in panels]
    assert np.mean(rejected) <= 0.1
    drifting = [replace(p, outcome=p.outcome + 0.5 * p.period * (p.unit < 20)) for p in panels[:50]]
    assert np.mean([_placebo(panel).inferred.p_value < 0.01 for panel in drifting]) > 0.95


@pytest.mark.parametrize("start", [1, 2])
def test_short_times_before_are_told(start: int) -> None:
    found = placebo_period(rows_of(drawn(start=start)), "auto", 0.05, np.random.default_rng(0), anticipation=1)
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_periods"
