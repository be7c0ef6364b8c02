"""Predictions come from models that did not see the unit."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances, cross_fitted_nuisances
from impact_pipeline.stats.refusal import Refusal

N = 400


def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(N, 2))
    d = (rng.random(N) < 0.4).astype(np.float64)
    return x, d, x[:, 0] + d + rng.normal(size=N)


def test_a_units_own_outcome_does_not_move_its_predictions() -> None:
    x, d, y = sample()
    fold = drawn_folds(d, 5, np.random.default_rng(0))
    before = cross_fitted_nuisances(x, d, y, fold, "linear", 0)
    moved = y.copy()
    moved[17] += 1000
    after = cross_fitted_nuisances(x, d, moved, fold, "linear", 0)
    assert isinstance(before, Nuisances)
    assert isinstance(after, Nuisances)
    same = fold == fold[17]
    assert (before.treated[same] == after.treated[same]).all()
    assert (before.untreated[same] == after.untreated[same]).all()
    arm = (before.untreated, after.untreated) if d[17] == 0 else (before.treated, after.treated)
    assert (arm[0][~same] != arm[1][~same]).all()


def test_a_known_score_is_kept() -> None:
    x, d, y = sample()
    found = cross_fitted_nuisances(x, d, y, np.arange(N) % 4, "linear", 0, score=np.full(N, 0.4))
    assert isinstance(found, Nuisances)
    assert (found.score == 0.4).all()
    assert found.outcome == pytest.approx(0.4 * found.treated + 0.6 * found.untreated)


def test_held_moves_scores_to_the_nearer_bound_and_beyond_counts_them() -> None:
    one = np.zeros(4)
    found = Nuisances(np.zeros(4, dtype=np.intp), np.array([0.001, 0.01, 0.5, 0.999]), one, one)
    assert found.beyond(0.01).tolist() == [True, False, False, True]
    assert found.held(0.01).score.tolist() == [0.01, 0.01, 0.5, 0.99]
    assert found.keep(np.array([False, False, True, True])).score.tolist() == [0.5, 0.999]


def test_too_few_units_of_an_arm_are_refused() -> None:
    x, d, y = sample()
    d[:] = 0
    d[:24] = 1
    found = cross_fitted_nuisances(x, d, y, drawn_folds(d, 5, np.random.default_rng(0)), "linear", 0)
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_units"
    assert "19 treated units" in found.detail


def test_folds_of_too_few_units_are_refused() -> None:
    x, d, y = sample()
    rows = slice(100)
    found = cross_fitted_nuisances(x[rows], d[rows], y[rows], np.arange(100) % 20, "linear", 0)
    assert isinstance(found, Refusal)
    assert "a fold holds 5 units" in found.detail
