"""The effect on being seen, and units that are never seen again."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences import missing_cells
from impact_pipeline.stats.difference_in_differences.missing_cells import effect_on_being_seen, lost_units
from impact_pipeline.stats.difference_in_differences.panel_regression import Inferred
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, rows_of

BIG = drawn(units=100, treated=40, periods=8, start=4)
TREATED = (BIG.unit < 40) & (BIG.period >= 4)


def _effect(panel: Panel) -> Inferred:
    found = effect_on_being_seen(rows_of(panel), "auto", 0.05, np.random.default_rng(0))
    assert isinstance(found, Inferred), found
    return found


def test_it_is_the_drop_in_the_share_of_cells_with_a_row() -> None:
    gone = TREATED & (BIG.unit % 4 == 0) & (BIG.period % 2 == 1)
    found = _effect(BIG.keep(~gone))
    assert found.value == pytest.approx(-0.125, abs=1e-9)
    assert found.p_value < 0.01


def test_cells_missing_at_random_have_no_effect() -> None:
    p_values = [_effect(BIG.keep(np.random.default_rng(s).random(len(BIG)) < 0.8)).p_value for s in range(100)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.13


def test_units_never_seen_after_the_change_are_counted_apart() -> None:
    panel = BIG.keep(~((BIG.unit >= 90) & (BIG.period >= 4)))
    rows = rows_of(panel)
    assert lost_units(rows).sum() == 10
    found = effect_on_being_seen(rows, "auto", 0.05, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"


def test_a_grid_too_large_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing_cells, "MOST_CELLS", 100)
    found = effect_on_being_seen(rows_of(BIG.keep(BIG.period < 7)), "auto", 0.05, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert found.reason == "missing_cells"
