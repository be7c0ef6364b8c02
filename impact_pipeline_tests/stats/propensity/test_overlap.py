"""Trimming and effective units."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.overlap import crump_cutoff, effective_units, kept


def test_the_cutoff_minimises_the_variance_bound() -> None:
    """Crump and others: minimise `E[1 / (p (1 - p)) | kept] / P(kept)` over symmetric cut-offs."""
    scores = np.random.default_rng(1).beta(0.6, 0.6, size=4_000)
    found = crump_cutoff(scores)

    def bound(cutoff: float) -> float:
        rows = (scores >= cutoff) & (scores <= 1 - cutoff)
        return float(np.mean(1 / (scores[rows] * (1 - scores[rows]))) / rows.mean())

    grid = np.linspace(0.001, 0.3, 600)
    best = grid[np.argmin([bound(cutoff) for cutoff in grid])]
    assert bound(found) <= bound(best) * (1 + 1e-4)
    assert found == pytest.approx(best, abs=0.01)


def test_good_overlap_leaves_nobody_out() -> None:
    assert crump_cutoff(np.linspace(0.2, 0.8, 100)) == 0.0


def test_equal_weights_are_worth_all_units() -> None:
    assert effective_units(np.full(30, 2.5)) == pytest.approx(30)
    assert effective_units(np.zeros(3)) == 0.0


def test_the_ate_leaves_out_both_ends() -> None:
    scores = np.array([0.05, 0.5, 0.95])
    assert kept(scores, 0.1, "ATE").tolist() == [False, True, False]
    assert kept(scores, 0.1, "ATT").tolist() == [True, True, False]
