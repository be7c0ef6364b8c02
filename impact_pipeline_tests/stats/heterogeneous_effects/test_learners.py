"""Learners learn what is planted, the same on repeat."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.heterogeneous_effects.learners import (
    LearnerName,
    effect_leaf,
    fitted_mean,
    fitted_score,
)

LEARNERS: tuple[LearnerName, ...] = ("linear", "boosted_trees", "forest")


@pytest.mark.parametrize("name", LEARNERS)
def test_fitted_mean_learns_a_line_and_repeats_itself(name: LearnerName) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 2))
    y = 2 * x[:, 0] + 0.1 * rng.normal(size=800)
    first, again = (fitted_mean(name, x, y, 7)(x) for _ in range(2))
    assert np.corrcoef(first, y)[0, 1] > 0.95
    assert (first == again).all()


@pytest.mark.parametrize("name", ["boosted_trees", "forest"])
def test_fitted_mean_of_trees_learns_an_interaction(name: LearnerName) -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, size=(2000, 2))
    y = np.sign(x[:, 0]) * np.sign(x[:, 1])
    assert np.corrcoef(fitted_mean(name, x, y, 0)(x), y)[0, 1] > 0.9


@pytest.mark.parametrize("name", LEARNERS)
def test_fitted_score_is_a_calibrated_chance(name: LearnerName) -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2, size=(3000, 1)).astype(np.float64)
    d = (rng.random(3000) < np.where(x[:, 0] == 1, 0.7, 0.2)).astype(np.float64)
    found = fitted_score(name, x, d, 0)(np.array([[0.0], [1.0]]))
    assert found == pytest.approx([0.2, 0.7], abs=0.04)


def test_fitted_mean_of_an_outcome_that_does_not_vary_is_that_value() -> None:
    assert fitted_mean("boosted_trees", np.zeros((3, 1)), np.full(3, 4.0), 0)(np.zeros((2, 1))).tolist() == [4.0, 4.0]


def test_effect_leaf_grows_with_units() -> None:
    assert [effect_leaf(units) for units in (10, 1000, 5000)] == [20, 20, 100]
