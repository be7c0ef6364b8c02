"""Effects of single units: planted ones are found, by a second library too, and no unit's own outcome sways its own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from impact_pipeline.stats.heterogeneous_effects.average_effect import signals
from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.learners import LearnerName
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances, cross_fitted_nuisances
from impact_pipeline.stats.heterogeneous_effects.unit_effects import (
    Prediction,
    by_importance,
    cross_fitted_effects,
    doubly_robust_learner,
    importances,
)
from impact_pipeline.stats.least_squares import Array

N = 2000
CLOSE = 0.1
"""Root mean square between two linear learners whose models of the outcome differ, where effects spread by 1."""


def planted(n: int = N) -> tuple[Array, Array, Array, Array]:
    """Columns, treatment, outcome, true effects, which go by the first column."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(n, 4))
    d = (rng.random(n) < 1 / (1 + np.exp(-0.5 * x[:, 1]))).astype(np.float64)
    effects = 1 + x[:, 0]
    return x, d, effects * d + x[:, 1] + rng.normal(size=n), effects


def fitted(x: Array, d: Array, y: Array, learner: LearnerName) -> Nuisances:
    found = cross_fitted_nuisances(x, d, y, drawn_folds(d, 5, np.random.default_rng(0)), learner, 0)
    assert isinstance(found, Nuisances)
    return found.held(0.01)


@pytest.mark.parametrize(
    ("learner", "n", "least"), [("linear", N, 0.98), ("boosted_trees", N, 0.85), ("forest", 600, 0.7)]
)
def test_planted_effects_are_found(learner: LearnerName, n: int, least: float) -> None:
    x, d, y, effects = planted(n)
    nuisances = fitted(x, d, y, learner)
    fit = doubly_robust_learner(x, signals(nuisances, d, y).effect, learner, 0)
    found = cross_fitted_effects(x, nuisances.fold, fit, np.random.default_rng(0))
    assert np.corrcoef(found.effects, effects)[0, 1] > least
    assert found.importances[0] == max(found.importances)
    assert sum(found.importances) == pytest.approx(1)
    assert found.std_errors is None


def test_a_second_library_finds_the_same_effects() -> None:
    """econml's DRLearner fits the outcome on columns and treatment together; ours fits each arm by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from econml.dr import DRLearner
        from sklearn.linear_model import LinearRegression, LogisticRegression

        x, d, y, _ = planted()
        theirs = DRLearner(
            model_propensity=LogisticRegression(), model_regression=LinearRegression(),
            model_final=LinearRegression(), cv=5, random_state=0,
        ).fit(y, d, X=x)  # fmt: skip
        expected = theirs.effect(x)
    nuisances = fitted(x, d, y, "linear")
    model = doubly_robust_learner(x, signals(nuisances, d, y).effect, "linear", 0)(np.ones(N, dtype=bool))
    assert np.sqrt(np.mean((model(x).effects - expected) ** 2)) < CLOSE


def test_a_units_own_signal_does_not_move_its_effect() -> None:
    rng = np.random.default_rng(0)
    x, fold = rng.normal(size=(200, 1)), np.arange(200) % 4
    signal = rng.normal(size=200)
    moved = signal.copy()
    moved[3] += 100
    before, after = (
        cross_fitted_effects(x, fold, doubly_robust_learner(x, s, "linear", 0), np.random.default_rng(0)).effects
        for s in (signal, moved)
    )
    assert (before[fold == 3] == after[fold == 3]).all()
    assert (before[fold != 3] != after[fold != 3]).all()


def test_importances_are_none_where_effects_are_equal() -> None:
    found = importances(lambda x: Prediction(np.ones(len(x))), np.zeros((10, 2)), np.random.default_rng(0))
    assert found.tolist() == [0.0, 0.0]
    assert by_importance(("a", "b"), (0.0, 0.0)) == {}
