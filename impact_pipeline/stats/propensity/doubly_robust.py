"""Estimators that are right if either the model of treatment or the model of the outcome is."""

from __future__ import annotations

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.binary_model import BinaryFit
from impact_pipeline.stats.propensity.columns import Columns
from impact_pipeline.stats.propensity.outcome_model import ARM_NAMES, OutcomeFit, outcome_model, predicted_mean
from impact_pipeline.stats.propensity.potential_means import Arm, Estimand, PotentialMeans, arm_weights, in_target
from impact_pipeline.stats.refusal import Refusal


def augmented_means(
    outcome: Array, treatment: Array, model: BinaryFit, models: tuple[OutcomeFit, OutcomeFit], weights: Array,
    estimand: Estimand,
) -> PotentialMeans:  # fmt: skip
    """AIPW: mean predictions, corrected by the arm's weighted residuals.

    ATE: `mean of m_a + 1_a (y - m_a) / p_a` (Robins, Rotnitzky, Zhao 1994; Stata's teffects aipw). ATT: the same over
    treated units, with the untreated ones' residuals weighted by the odds of treatment.

    >>> import numpy as np
    >>> from impact_pipeline.stats.propensity.binary_model import binary_model
    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> from impact_pipeline.stats.propensity.outcome_model import by_arm
    >>> x, d = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    >>> y, w, none = 5 * x + 2 * d, np.ones(6), columns_of({}, 6)
    >>> model = binary_model(columns_of({"x": x}, 6), d, w)
    >>> round(augmented_means(y, d, model, by_arm(none, y, d, w), w, "ATE").effect, 6)
    2.0
    """
    untreated, low = _augmented(outcome, treatment, model, models[0], weights, estimand, 0)
    treated, high = _augmented(outcome, treatment, model, models[1], weights, estimand, 1)
    return PotentialMeans(untreated, treated, low, high)


def _augmented(
    outcome: Array, treatment: Array, model: BinaryFit, fit: OutcomeFit, weights: Array, estimand: Estimand, arm: Arm
) -> tuple[float, Array]:
    n, target = len(outcome), weights * in_target(treatment, estimand)
    factor, slope = arm_weights(model.scores, arm, estimand)
    in_arm, share = weights * (treatment == arm), float(target.mean())
    own, predicted = in_arm * factor, fit.predictions
    mean = float((target @ predicted + own @ fit.residuals) / target.sum())
    influence = target * (predicted - mean) + own * fit.residuals
    influence += fit.influence_on(fit.at.T @ (target - own) / n)
    influence += model.influence_on(model.columns.matrix.T @ (in_arm * slope * model.slopes * fit.residuals) / n)
    return mean, influence / share


def weighted_regression_means(
    columns: Columns, outcome: Array, treatment: Array, model: BinaryFit, weights: Array, estimand: Estimand
) -> PotentialMeans | Refusal:
    """IPWRA: each arm's regression weighted by inverse propensities, predicted for the target population.

    Wooldridge (2007), Journal of Econometrics 141; Stata's teffects ipwra.

    >>> import numpy as np
    >>> from impact_pipeline.stats.propensity.binary_model import binary_model
    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x, d = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    >>> model = binary_model(columns_of({"x": x}, 6), d, np.ones(6))
    >>> found = weighted_regression_means(columns_of({}, 6), 5 * x + 2 * d, d, model, np.ones(6), "ATE")
    >>> round(found.effect, 6)
    2.0
    """
    found: list[tuple[float, Array]] = []
    for arm in (0, 1):
        mean = _weighted_regression(columns, outcome, treatment, model, weights, estimand, 1 if arm else 0)
        if isinstance(mean, Refusal):
            return mean
        found.append(mean)
    return PotentialMeans(found[0][0], found[1][0], found[0][1], found[1][1])


def _weighted_regression(
    columns: Columns, outcome: Array, treatment: Array, model: BinaryFit, weights: Array, estimand: Estimand, arm: Arm
) -> tuple[float, Array] | Refusal:
    factor, slope = arm_weights(model.scores, arm, estimand)
    in_arm, target = weights * (treatment == arm), weights * in_target(treatment, estimand)
    fit = outcome_model(columns.matrix, ("the constant", *columns.names), outcome, in_arm * factor, ARM_NAMES[arm])
    if isinstance(fit, Refusal):
        return fit
    mean, influence = predicted_mean(fit, target)
    along = fit.matrix @ (fit.inverse @ (fit.matrix.T @ target))
    moved = model.columns.matrix.T @ (in_arm * slope * model.slopes * fit.residuals * along)
    return mean, influence + model.influence_on(moved / len(outcome)) / float(target.mean())
