"""The learners of models of outcome, treatment and effect: scikit-learn's, seeded and of one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array

LearnerName = Literal["linear", "boosted_trees", "forest"]
Predict = Callable[[Array], Array]

TREES = 200
LEAST_LEAF = 20
"""Fewest units of a leaf."""
LEAF_SHARE = 0.02
"""Of the units, in a leaf of a model of effects: their signals are far noisier than outcomes."""


def regressor(name: LearnerName, seed: int, *, least_leaf: int = LEAST_LEAF) -> Any:
    """An unfitted model of a mean.

    `linear` is least squares on standardised columns with a ridge of one unit's weight; `boosted_trees` stop once they
    predict a tenth of the units, left out, no better (Friedman 2001); `forest` averages trees of samples drawn again
    (Breiman 2001).

    >>> x = np.arange(200.0)[:, None]
    >>> bool(abs(regressor("linear", 0).fit(x, 2 * x[:, 0]).predict([[100.0]])[0] - 200) < 1)
    True
    """
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name == "linear":
        return make_pipeline(StandardScaler(), Ridge(alpha=1.0))
    if name == "forest":
        return RandomForestRegressor(TREES, min_samples_leaf=least_leaf // 4, max_features=1 / 3, random_state=seed)
    return HistGradientBoostingRegressor(**_boosting(seed, least_leaf))


def classifier(name: LearnerName, seed: int) -> Any:
    """An unfitted model of the probability of treatment; its kinds are those of `regressor`.

    >>> x = np.repeat([0.0, 1.0], 100)[:, None]
    >>> found = classifier("linear", 0).fit(x, np.arange(200) % 4 == 0).predict_proba([[0.0], [1.0]])
    >>> found[:, 1].round(2).tolist()
    [0.25, 0.25]
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name == "linear":
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    if name == "forest":
        return RandomForestClassifier(TREES, min_samples_leaf=LEAST_LEAF, max_features=1 / 3, random_state=seed)
    return HistGradientBoostingClassifier(**_boosting(seed, LEAST_LEAF))


def fitted_mean(name: LearnerName, x: Array, y: Array, seed: int, *, least_leaf: int = LEAST_LEAF) -> Predict:
    """The prediction of a fitted model of y; of an outcome that does not vary, that value."""
    if np.ptp(y) == 0:
        return lambda rows: np.full(len(rows), y[0])
    model = regressor(name, seed, least_leaf=least_leaf).fit(x, y)
    return lambda rows: np.asarray(model.predict(rows), dtype=np.float64)


def fitted_score(name: LearnerName, x: Array, treatment: Array, seed: int) -> Predict:
    """The prediction of a fitted model of the probability of treatment."""
    model = classifier(name, seed).fit(x, treatment == 1)
    return lambda rows: np.asarray(model.predict_proba(rows)[:, 1], dtype=np.float64)


def effect_leaf(units: int) -> int:
    """Fewest units in a leaf of a model of effects.

    >>> effect_leaf(500), effect_leaf(10_000)
    (20, 200)
    """
    return max(LEAST_LEAF, int(LEAF_SHARE * units))


def _boosting(seed: int, least_leaf: int) -> dict[str, Any]:
    return {
        "learning_rate": 0.1, "max_iter": 200, "max_leaf_nodes": 15, "min_samples_leaf": least_leaf, "max_bins": 63,
        "early_stopping": True, "validation_fraction": 0.1, "n_iter_no_change": 10, "random_state": seed,
    }  # fmt: skip
