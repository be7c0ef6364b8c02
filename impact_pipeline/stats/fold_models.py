"""A learner for each fold, fitted on the other folds: what predicts any unit without its own outcome, seen or new.

`cross_fitting` predicts the rows it is fitted on; these models are kept, to predict rows that are not there yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.boosted_stumps import BoostedStumps
from impact_pipeline.stats.cross_fitting import LEAST_ROWS
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

ROWS_FOR_IMPORTANCE = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class FoldModels:
    """`models[k]` saw no row of fold k. An R^2 is 1 less the squared error over that of the mean of the same rows.

    `out_of_fold_r2` is of each row by the model that did not see it, `in_sample_r2` of those it saw, averaged over
    models. `importances` are the shares of the columns in the variance of predictions, (columns,).
    """

    models: tuple[BoostedStumps, ...]
    out_of_fold_r2: float
    in_sample_r2: float
    importances: tuple[float, ...]

    def predict(self, x: ArrayLike, folds: ArrayLike) -> Array:
        """Each row by the model that saw no row of its fold."""
        return _predicted(self.models, np.asarray(x, dtype=np.float64), np.asarray(folds))


def fit_folds(
    x: ArrayLike, y: ArrayLike, folds: ArrayLike, count: int, rng: np.random.Generator, *, rounds: int = 100
) -> FoldModels | Refusal:
    """One model for each fold 0 .. count - 1; without rounds it is ridge regression.

    >>> rng = np.random.default_rng(1)
    >>> x = rng.uniform(-1, 1, size=(600, 2))
    >>> found = fit_folds(x, x[:, 0] ** 2, np.arange(600) % 3, 3, rng)
    >>> len(found.models), found.out_of_fold_r2 > 0.9, found.importances[0] > 0.95
    (3, True, True)
    """
    columns, outcome, fold = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), np.asarray(folds)
    if refusal := _not_trainable(outcome, fold, count):
        return refusal
    seen = [fold != held_out for held_out in range(count)]
    models = tuple(BoostedStumps(rng, rounds=rounds).fit(columns[rows], outcome[rows]) for rows in seen)
    held_out = _r2(outcome, _predicted(models, columns, fold))
    own = [_r2(outcome[rows], model.predict(columns[rows])) for model, rows in zip(models, seen, strict=True)]
    shares = np.mean([_importances(model, columns) for model in models], axis=0)
    return FoldModels(models, held_out, float(np.mean(own)), tuple(float(share) for share in shares))


def _not_trainable(y: Array, folds: NDArray[np.generic], count: int) -> Refusal | None:
    least = len(y) - int(np.bincount(folds.astype(np.intp), minlength=count).max())
    if least < LEAST_ROWS:
        return Refusal("too_few_units", f"a model would see {least} units; it needs at least {LEAST_ROWS}")
    if y.min() == y.max():
        return Refusal("zero_variance", "the outcome is the same for every unit; there is nothing to learn")
    return None


def _predicted(models: tuple[BoostedStumps, ...], x: Array, folds: NDArray[np.generic]) -> Array:
    found = np.empty(len(x))
    for number, model in enumerate(models):
        rows = folds == number
        found[rows] = model.predict(x[rows])
    return found


def _r2(y: Array, predicted: Array) -> float:
    """0 where the outcome does not vary among the rows."""
    spread = float(np.var(y))
    return 1 - float(np.mean((y - predicted) ** 2)) / spread if spread > 0 else 0.0


def _importances(model: BoostedStumps, x: Array) -> Array:
    """Variance of the prediction along each column with the others at their medians; the columns' parts add up."""
    rows = x[:: max(1, len(x) // ROWS_FOR_IMPORTANCE)]
    spreads = np.zeros(x.shape[1])
    for j in range(x.shape[1]):
        moved = np.tile(np.median(rows, axis=0), (len(rows), 1))
        moved[:, j] = rows[:, j]
        spreads[j] = np.var(model.predict(moved))
    return spreads / spreads.sum() if spreads.sum() > 0 else spreads
