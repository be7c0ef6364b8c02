"""A machine-learnt covariate: each unit's outcome predicted by a learner that never saw the unit.

The prediction is made from what was known before exposure and then used like any covariate (CUPED, `lin_adjusted`):
a poor learner costs nothing but its gain.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.boosted_stumps import BoostedStumps
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

LEAST_ROWS = 50
"""Rows that a learner must see in each fit."""


class Learner(Protocol):
    """What scikit-learn's regressors do."""

    def fit(self, x: Array, y: Array) -> object: ...

    def predict(self, x: Array) -> ArrayLike: ...


def folds_by_key(keys: Iterable[str], folds: int, *, salt: str = "") -> NDArray[np.intp]:
    """A fold 0 .. folds - 1 for each unit, by a hash of its key: the same on any day, in any order, on any machine.

    >>> folds_by_key(["user-1", "user-2", "user-3", "user-1"], 5, salt="study").tolist()
    [0, 4, 1, 0]
    """
    hashes = (blake2b(f"{salt}\0{key}".encode(), digest_size=8).digest() for key in keys)
    return np.array([int.from_bytes(digest, "big") % folds for digest in hashes], dtype=np.intp)


def cross_fitted_prediction(
    x: ArrayLike, y: ArrayLike, folds: ArrayLike, rng: np.random.Generator, *, model: Learner | None = None
) -> Array | Refusal:
    """Each row's outcome y predicted from columns x by a copy of the model fitted on the other folds, all arms pooled.

    The model is anything with `fit` and `predict`; by default `BoostedStumps`, seeded by rng. Guo, Coey, Konutgan, Li,
    Schoener, Goldman (2021), NeurIPS (MLRATE); Li, Tang, Johnson (2020) call the covariate CUPAC.

    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(500, 1))
    >>> found = cross_fitted_prediction(x, 3 * x[:, 0], np.arange(500) % 5, rng)
    >>> bool(np.corrcoef(found, x[:, 0])[0, 1] > 0.99)
    True
    """
    columns, outcome, fold = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), np.asarray(folds)
    if refusal := _not_usable(columns, outcome, fold):
        return refusal
    found = np.empty(len(outcome))
    for held_out in np.unique(fold):
        test = fold == held_out
        learner = BoostedStumps(rng) if model is None else deepcopy(model)
        learner.fit(columns[~test], outcome[~test])
        found[test] = np.asarray(learner.predict(columns[test]), dtype=np.float64)
    return found


def _not_usable(x: Array, y: Array, folds: NDArray[np.generic]) -> Refusal | None:
    if x.ndim != 2 or not len(x) == len(y) == len(folds):
        raise ValueError(f"rows do not match: columns {x.shape}, outcome {y.shape}, folds {folds.shape}")
    if missing := int(np.count_nonzero(~np.isfinite(x).all(axis=1) | ~np.isfinite(y))):
        return Refusal(
            "measure_undefined", f"{missing} of {len(y)} rows have a value that is not finite; fill it first"
        )
    counts = np.unique(folds, return_counts=True)[1]
    if len(counts) < 2 or len(y) - counts.max() < LEAST_ROWS:
        least = len(y) - counts.max() if len(counts) > 1 else 0
        return Refusal("too_few_units", f"a learner would see {least} rows; it needs at least {LEAST_ROWS}")
    return None
