"""Inverse-propensity weighting with weights that add up to one in each arm."""

from __future__ import annotations

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.binary_model import BinaryFit
from impact_pipeline.stats.propensity.potential_means import Arm, Estimand, PotentialMeans, arm_weights


def inverse_propensity_means(
    outcome: Array, treatment: Array, model: BinaryFit, weights: Array, estimand: Estimand
) -> PotentialMeans:
    """`sum of v y / sum of v` in each arm, v as `arm_weights` says (Hajek 1971; Stata's teffects ipw).

    >>> import numpy as np
    >>> from impact_pipeline.stats.propensity.binary_model import binary_model
    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    >>> model = binary_model(columns_of({"x": x}, 6), d, np.ones(6))
    >>> round(inverse_propensity_means(5 * x + 2 * d, d, model, np.ones(6), "ATE").effect, 6)
    2.0
    """
    untreated, low = _mean(outcome, treatment, model, weights, estimand, 0)
    treated, high = _mean(outcome, treatment, model, weights, estimand, 1)
    return PotentialMeans(untreated, treated, low, high)


def _mean(
    outcome: Array, treatment: Array, model: BinaryFit, weights: Array, estimand: Estimand, arm: Arm
) -> tuple[float, Array]:
    factor, slope = arm_weights(model.scores, arm, estimand)
    in_arm = weights * (treatment == arm)
    own = in_arm * factor
    mean = float(own @ outcome / own.sum())
    left = outcome - mean
    direction = model.columns.matrix.T @ (in_arm * slope * model.slopes * left) / len(outcome)
    return mean, (own * left + model.influence_on(direction)) / own.mean()
