"""Effects of single units and what held-out units say of them: always both, so that noise is not told as fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.heterogeneous_effects.average_effect import signals
from impact_pipeline.stats.heterogeneous_effects.causal_forest import causal_forest
from impact_pipeline.stats.heterogeneous_effects.learners import LearnerName
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances
from impact_pipeline.stats.heterogeneous_effects.unit_effects import (
    EffectLearner,
    UnitEffects,
    cross_fitted_effects,
    doubly_robust_learner,
)
from impact_pipeline.stats.heterogeneous_effects.validation import Validation, validated
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import Places

UnitEffectMethod = Literal["doubly_robust", "causal_forest"]


@dataclass(frozen=True, eq=False)
class Exploration:
    """`names` are the columns that effects were predicted from."""

    names: tuple[str, ...]
    units: UnitEffects
    validation: Validation


def explored(
    columns: dict[str, Array],
    treatment: Array,
    outcome: Array,
    nuisances: Nuisances,
    rng: np.random.Generator,
    *,
    method: UnitEffectMethod = "doubly_robust",
    learner: LearnerName = "boosted_trees",
    cluster: Places | None = None,
) -> Exploration:
    """Effects of units by their columns; scores of the nuisances lie within (0, 1).

    >>> from impact_pipeline.stats.heterogeneous_effects.nuisances import cross_fitted_nuisances
    >>> rng = np.random.default_rng(0)
    >>> x, d = rng.normal(size=1000), rng.integers(0, 2, 1000).astype(float)
    >>> y, fold = d * x + rng.normal(size=1000), np.arange(1000) % 5
    >>> fitted = cross_fitted_nuisances(x[:, None], d, y, fold, "linear", 0, score=np.full(1000, 0.5))
    >>> found = explored({"x": x}, d, y, fitted, rng, learner="linear")
    >>> round(float(np.corrcoef(found.units.effects, x)[0, 1]), 2), found.validation.p_value < 0.001
    (1.0, True)
    """
    x, signal = np.column_stack(list(columns.values())), signals(nuisances, treatment, outcome).effect
    seed = int(rng.integers(2**31))
    fit: EffectLearner = (
        causal_forest(x, treatment, outcome, nuisances, seed)
        if method == "causal_forest"
        else doubly_robust_learner(x, signal, learner, seed)
    )
    units = cross_fitted_effects(x, nuisances.fold, fit, rng)
    return Exploration(tuple(columns), units, validated(x, signal, nuisances.fold, fit, rng, cluster))
