"""Effects of single units, each predicted by a model that saw neither its outcome nor its treatment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.heterogeneous_effects.learners import LearnerName, effect_leaf, fitted_mean
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import Places

ROWS_FOR_IMPORTANCE = 500


@dataclass(frozen=True, eq=False)
class Prediction:
    """Effects, and their standard errors where the method has any."""

    effects: Array
    std_errors: Array | None = None


EffectModel = Callable[[Array], Prediction]
EffectLearner = Callable[[NDArray[np.bool_]], EffectModel]
"""What fits a model of effects on the units that are marked."""


@dataclass(frozen=True, eq=False)
class UnitEffects:
    """By unit. `importances` are shares, in the order of the columns; all 0 where every unit has the same effect."""

    effects: Array
    std_errors: Array | None
    importances: tuple[float, ...]


def doubly_robust_learner(x: Array, signal: Array, learner: LearnerName, seed: int) -> EffectLearner:
    """Effects as the mean of doubly robust signals given x (Kennedy 2023, Electronic Journal of Statistics 17).

    >>> x = np.linspace(-1, 1, 400)[:, None]
    >>> model = doubly_robust_learner(x, 1 + x[:, 0], "linear", 0)(np.ones(400, dtype=bool))
    >>> model(np.array([[0.5]])).effects.round(1).tolist()
    [1.5]
    """

    def fit(rows: NDArray[np.bool_]) -> EffectModel:
        leaf = effect_leaf(int(np.count_nonzero(rows)))
        predict = fitted_mean(learner, x[rows], signal[rows], seed, least_leaf=leaf)
        return lambda columns: Prediction(predict(columns))

    return fit


def cross_fitted_effects(x: Array, fold: Places, fit: EffectLearner, rng: np.random.Generator) -> UnitEffects:
    """Each fold's effects by the model of the others; importances are averages over the models.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(300, 2))
    >>> found = cross_fitted_effects(x, np.arange(300) % 3, doubly_robust_learner(x, x[:, 0], "linear", 0), rng)
    >>> [round(share, 2) for share in found.importances]
    [1.0, 0.0]
    """
    effects, errors, shares = np.empty(len(x)), np.empty(len(x)), []
    for held_out in np.unique(fold):
        test = fold == held_out
        model = fit(~test)
        found = model(x[test])
        effects[test] = found.effects
        errors[test] = np.nan if found.std_errors is None else found.std_errors
        shares.append(importances(model, x[test], rng))
    known = errors if np.isfinite(errors).all() else None
    return UnitEffects(effects, known, tuple(float(share) for share in np.mean(shares, axis=0)))


def importances(model: EffectModel, x: Array, rng: np.random.Generator) -> Array:
    """How far effects move when one column's values are exchanged between units: mean squares, as shares of their sum.

    Breiman (2001), Machine Learning 45, of predictions in place of errors.
    """
    rows = x[rng.permutation(len(x))[:ROWS_FOR_IMPORTANCE]]
    before = model(rows).effects
    moved = np.array([_moved(model, rows, column, before, rng) for column in range(x.shape[1])])
    return np.asarray(moved / moved.sum() if moved.sum() > 0 else moved, dtype=np.float64)


def _moved(model: EffectModel, rows: Array, column: int, before: Array, rng: np.random.Generator) -> float:
    exchanged = rows.copy()
    exchanged[:, column] = rng.permutation(rows[:, column])
    return float(np.mean((model(exchanged).effects - before) ** 2))


def by_importance(names: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
    """Columns with a share above 0, the largest first.

    >>> by_importance(("a", "b", "c"), (0.25, 0.75, 0.0))
    {'b': 0.75, 'a': 0.25}
    """
    ordered = sorted(zip(names, shares, strict=True), key=lambda pair: -pair[1])
    return {name: share for name, share in ordered if share > 0}
