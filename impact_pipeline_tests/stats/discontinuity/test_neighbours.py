from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact_pipeline.stats.discontinuity.neighbours import blocks, neighbours_of
from impact_pipeline.stats.discontinuity.sides import Floats, Side

ROUNDING = 1e-9


def by_hand(distance: Floats, outcome: Floats, matches: int) -> Floats:
    """Row by row: the nearest distances are taken whole, with all rows that are as far, until there are enough."""
    found = np.empty(len(distance))
    for row, own in enumerate(distance):
        others = np.delete(np.arange(len(distance)), row)
        gaps = np.abs(distance[others] - own)
        limit = np.sort(gaps)[min(matches, len(others)) - 1]
        chosen = others[gaps <= limit]
        m = len(chosen)
        found[row] = np.sqrt(m / (m + 1)) * (outcome[row] - outcome[chosen].mean())
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=40), st.integers(1, 6), st.integers(0, 2**32 - 1), st.data())
def test_residuals_are_those_of_a_search_by_hand(
    steps: list[int], matches: int, seed: int, data: st.DataObject
) -> None:
    distance = np.sort(np.array(steps, dtype=np.float64))
    outcome = np.random.default_rng(seed).normal(size=len(distance))
    neighbours = neighbours_of(Side(1, distance, outcome[None]), matches)
    rows = data.draw(st.integers(2, len(distance)))
    assert neighbours.residuals(rows)[0] == pytest.approx(
        by_hand(distance[:rows], outcome[:rows], matches), abs=ROUNDING
    )


def test_decimal_steps_are_equal_distances() -> None:
    """0.3 - 0.2 and 0.2 - 0.1 differ in their last bits; both neighbours of 0.2 belong to its block."""
    start, end = blocks(np.round(np.arange(1, 8) * 0.1, 1), 1)
    assert (end - start)[1:-1].tolist() == [3] * 5
    assert (end - start)[[0, -1]].tolist() == [2, 2]


def test_neighbours_beyond_the_bandwidth_do_not_count() -> None:
    side = Side(1, np.array([0.0, 1.0, 1.4, 5.0]), np.array([[1.0, 2.0, 6.0, 0.0]]))
    assert neighbours_of(side, 1).residuals(2)[0] == pytest.approx(by_hand(side.distance[:2], side.columns[0, :2], 1))
