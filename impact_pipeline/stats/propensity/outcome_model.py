"""Linear models of the outcome, and the mean of their predictions over a population (regression adjustment)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.columns import Columns, gram, inverted
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans, in_target
from impact_pipeline.stats.refusal import Refusal

ARM_NAMES = ("among the untreated", "among the treated")


@dataclass(frozen=True, eq=False)
class OutcomeFit:
    """Weighted least squares over the rows where `weights` are above 0; `inverse` is `(x' w x)^-1`.

    `at` are the columns at which it predicts every row, were the row in the arm that the model stands for.
    """

    matrix: Array
    at: Array
    coefficients: Array
    residuals: Array
    weights: Array
    inverse: Array

    @property
    def predictions(self) -> Array:
        """Of all rows, those of the other arm too."""
        return np.asarray(self.at @ self.coefficients, dtype=np.float64)

    def influence_on(self, direction: Array) -> Array:
        """Influence of each row on `direction' coefficients`, (n,); weights are taken as given."""
        along = self.matrix @ (self.inverse @ direction)
        return len(along) * self.weights * self.residuals * along


def outcome_model(
    matrix: Array, names: tuple[str, ...], outcome: Array, weights: Array, where: str
) -> OutcomeFit | Refusal:
    """Fitted where weights are above 0; `where` says which rows these are.

    >>> x = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> found = outcome_model(x, ("the constant", "x"), np.array([1.0, 3.0, 9.0]), np.array([1.0, 1.0, 0.0]), "")
    >>> found.predictions.round(9).tolist()
    [1.0, 3.0, 5.0]
    """
    rows = int(np.count_nonzero(weights))
    if rows < len(names):
        return Refusal("too_few_units", f"{rows} units {where} cannot tell {len(names)} coefficients of the outcome")
    inverse = inverted(gram(matrix, weights), names, where)
    if isinstance(inverse, Refusal):
        return inverse
    coefficients = inverse @ (matrix.T @ (weights * outcome))
    return OutcomeFit(matrix, matrix, coefficients, outcome - matrix @ coefficients, weights, inverse)


def by_arm(
    columns: Columns, outcome: Array, treatment: Array, weights: Array
) -> tuple[OutcomeFit, OutcomeFit] | Refusal:
    """Models of untreated and of treated units, each with coefficients of its own.

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> y, d = np.array([1.0, 3.0, 5.0, 7.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> [float(one.coefficients[0].round(9)) for one in by_arm(columns_of({}, 4), y, d, np.ones(4))]
    [2.0, 6.0]
    """
    names, found = ("the constant", *columns.names), []
    for arm in (0, 1):
        own = weights * (treatment == arm)
        fit = outcome_model(columns.matrix, names, outcome, own, ARM_NAMES[arm])
        if isinstance(fit, Refusal):
            return fit
        found.append(fit)
    return found[0], found[1]


def regression_adjusted_means(
    models: tuple[OutcomeFit, OutcomeFit], treatment: Array, weights: Array, estimand: Estimand
) -> PotentialMeans:
    """Means of both arms' predictions over the target population.

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x = columns_of({"x": np.array([0.0, 1.0, 2.0, 0.0, 2.0, 4.0])}, 6)
    >>> y, d = np.array([0.0, 1.0, 2.0, 5.0, 7.0, 9.0]), np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    >>> round(regression_adjusted_means(by_arm(x, y, d, np.ones(6)), d, np.ones(6), "ATE").effect, 9)
    5.0
    """
    own = weights * in_target(treatment, estimand)
    means, influences = zip(*(predicted_mean(fit, own) for fit in models), strict=True)
    return PotentialMeans(means[0], means[1], influences[0], influences[1])


def predicted_mean(fit: OutcomeFit, population: Array) -> tuple[float, Array]:
    """Mean prediction, weighted by `population`, with its influences.

    >>> fit = outcome_model(np.ones((2, 1)), ("the constant",), np.array([1.0, 3.0]), np.ones(2), "")
    >>> predicted_mean(fit, np.ones(2))[1].tolist()
    [-1.0, 1.0]
    """
    predicted, share = fit.predictions, float(population.mean())
    mean = float(population @ predicted / population.sum())
    own = population * (predicted - mean) + fit.influence_on(fit.at.T @ population / len(population))
    return mean, own / share
