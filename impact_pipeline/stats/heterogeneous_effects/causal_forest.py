"""Effects of single units by a causal forest, from the extra `forest` (econml)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.errors import InputError
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances
from impact_pipeline.stats.heterogeneous_effects.unit_effects import EffectLearner, EffectModel, Prediction
from impact_pipeline.stats.least_squares import Array

TREES = 200
SUBFOREST = 4
"""Trees that share a half of the units, from whose differences errors are read."""
MOST_UNITS = 20_000
"""Of a tree, so that more units cost no more time."""
COLUMNS_TRIED = 20
"""At each split, beside the root of their number."""


def causal_forest(
    x: Array, treatment: Array, outcome: Array, nuisances: Nuisances, seed: int, *, trees: int = TREES
) -> EffectLearner:
    """Honest trees on `y - m(x)` and `d - p(x)`, which split where effects differ.

    Athey, Tibshirani, Wager (2019), Annals of Statistics 47; errors by their bootstrap of little bags. Raises
    `InputError` where econml is not installed.

    >>> rng = np.random.default_rng(0)
    >>> x, d = rng.normal(size=(800, 2)), rng.integers(0, 2, 800).astype(float)
    >>> y = d * np.where(x[:, 0] > 0, 2.0, 0.0) + rng.normal(size=800)
    >>> known = Nuisances(np.zeros(800, dtype=np.intp), np.full(800, 0.5), np.zeros(800), np.ones(800))
    >>> model = causal_forest(x, d, y, known, 0)(np.ones(800, dtype=bool))
    >>> model(np.array([[-1.0, 0.0], [1.0, 0.0]])).effects.round(0).tolist()
    [0.0, 2.0]
    """
    make = _forest_class()
    moved, left = treatment - nuisances.score, outcome - nuisances.outcome

    def fit(rows: NDArray[np.bool_]) -> EffectModel:
        units = int(np.count_nonzero(rows))
        columns = min(x.shape[1], COLUMNS_TRIED + int(np.sqrt(x.shape[1])))
        forest = make(
            n_estimators=trees, subforest_size=SUBFOREST, max_samples=min(0.45, MOST_UNITS / units),
            max_features=columns, random_state=seed, n_jobs=1,
        )  # fmt: skip
        forest.fit(x[rows], moved[rows], left[rows])
        return lambda asked: _prediction(forest, asked)

    return fit


def _prediction(forest: Any, x: Array) -> Prediction:
    effects, variances = forest.predict_and_var(x)
    return Prediction(
        np.asarray(effects[:, 0], dtype=np.float64), np.sqrt(np.asarray(variances[:, 0, 0], dtype=np.float64))
    )


def _forest_class() -> Any:
    try:
        from econml.grf import CausalForest
    except ImportError:
        told = "a causal forest needs econml, which is not installed"
        raise InputError(f"{told}: install impact-pipeline[forest], or take 'doubly_robust'") from None
    return CausalForest
