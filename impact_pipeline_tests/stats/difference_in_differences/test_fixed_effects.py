"""Fixed effects taken out against a column for every unit and period."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences import fixed_effects as module
from impact_pipeline.stats.difference_in_differences.fixed_effects import fixed_effects
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import annihilated, drawn, dummies

EXACT = 1e-10
"""Both sides solve the same system in float64."""

PANELS = {
    "balanced": drawn(),
    "missing": drawn(seen=0.7),
    "weighted": drawn(weighted=True),
    "missing, weighted": drawn(seen=0.6, weighted=True),
    "groups": drawn(groups=3),
    "groups, missing, weighted": drawn(groups=3, seen=0.7, weighted=True),
    "two periods": drawn(periods=2, start=1),
}


@pytest.mark.parametrize("name", PANELS)
def test_within_leaves_what_dummies_leave(name: str) -> None:
    panel = PANELS[name]
    found = fixed_effects(panel).within(np.stack([panel.outcome, panel.treated]))
    assert found[0] == pytest.approx(annihilated(panel, panel.outcome), abs=EXACT)
    assert found[1] == pytest.approx(annihilated(panel, panel.treated), abs=EXACT)


@pytest.mark.parametrize("name", PANELS)
def test_rank_is_that_of_the_dummies(name: str) -> None:
    panel = PANELS[name]
    assert fixed_effects(panel).rank == np.linalg.matrix_rank(dummies(panel))


def test_grid_and_general_solution_agree() -> None:
    effects = fixed_effects(drawn(units=50, periods=9))
    columns = np.random.default_rng(1).normal(size=(3, 450))
    assert replace(effects, grid=None).within(columns) == pytest.approx(effects.within(columns), abs=EXACT)


@pytest.mark.parametrize("name", ["missing, weighted", "groups, missing, weighted"])
def test_conjugate_gradients_agree_with_the_direct_solution(name: str) -> None:
    panel = PANELS[name]
    direct = fixed_effects(panel).within(panel.outcome[None, :])
    with patch.object(module, "MOST_CELLS", 0):
        found = fixed_effects(panel).within(panel.outcome[None, :])
    assert found == pytest.approx(direct, abs=1e-8)


def test_parts_of_a_panel_that_share_nothing_are_solved_apart() -> None:
    panel = drawn(units=10, periods=6)
    early = (panel.unit < 5) & (panel.period < 3)
    late = (panel.unit >= 5) & (panel.period >= 3)
    apart = panel.keep(early | late)
    effects = fixed_effects(apart)
    assert effects.rank == 10 + 6 - 2
    assert effects.within(apart.outcome[None, :])[0] == pytest.approx(annihilated(apart, apart.outcome), abs=EXACT)
