"""Units in a fixed window around the cut-off, compared as if their side had been drawn by lot.

Lee, Moretti, Butler (2004), Quarterly Journal of Economics 119; Cattaneo, Frandsen, Titiunik (2015), Journal of Causal
Inference 3. Right where outcomes do not move with the score within the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats import cluster_robust, least_squares
from impact_pipeline.stats.discontinuity.sides import Places
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

WindowErrors = Literal["HC0", "HC1", "HC2", "HC3", "cluster"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of means (or a ratio of two) with its standard error and Student's degrees of freedom."""

    value: float
    std_error: float
    degrees_of_freedom: float

    @property
    def p_value(self) -> float:
        if self.std_error == 0:
            return float(self.value == 0)
        return float(2 * upper_tail(abs(self.value) / self.std_error, self.degrees_of_freedom))

    def interval(self, alpha: float) -> tuple[float, float]:
        """
        >>> [round(bound, 2) for bound in Difference(1.0, 0.5, float("inf")).interval(0.05)]
        [0.02, 1.98]
        """
        half = float(quantile(1 - alpha / 2, self.degrees_of_freedom)) * self.std_error
        return self.value - half, self.value + half


@dataclass(frozen=True, slots=True)
class WindowFit:
    """The effect; in a fuzzy design `outcome` and `treatment` are the differences that it is the ratio of.

    `means` are of the outcome and `counts` of the units, untreated and treated side.
    """

    effect: Difference
    outcome: Difference
    treatment: Difference | None
    means: tuple[float, float]
    counts: tuple[int, int]


def window_fit(
    outcome: Array,
    is_treated_side: Array,
    *,
    treatment: Array | None = None,
    covariates: Array | None = None,
    errors: WindowErrors = "HC2",
    weights: Array | None = None,
    cluster: Places | None = None,
) -> WindowFit | Refusal:
    """Least squares on the side, and covariates (n, k) where given; with a `treatment`, the ratio of both differences.

    HC2 is Welch's variance; its degrees of freedom are Welch's too, those of clusters G - 1 (CR1), else n - k.

    >>> side = np.array([0.0, 0, 0, 1, 1, 1])
    >>> round(window_fit(np.array([1.0, 2, 3, 3, 4, 5]), side).effect.value, 9)
    2.0
    """
    counts = (int(np.sum(is_treated_side == 0)), int(np.sum(is_treated_side == 1)))
    if min(counts) < 2:
        told = f"the window holds {counts[0]} units of the untreated side and {counts[1]} of the treated"
        return Refusal("too_few_units", f"{told}; each needs two at least: widen it")
    columns = [np.ones(len(outcome)), is_treated_side, *([] if covariates is None else covariates.T)]
    rows = _Rows(np.column_stack(columns), is_treated_side, errors, weights, cluster)
    found = rows.difference(outcome)
    if isinstance(found, Refusal):
        return found
    means = (rows.mean(outcome, 0), rows.mean(outcome, 1))
    if treatment is None:
        return WindowFit(found, found, None, means, counts)
    stages = rows.ratio(found, outcome, treatment)
    return stages if isinstance(stages, Refusal) else WindowFit(stages[0], found, stages[1], means, counts)


@dataclass(frozen=True, eq=False)
class _Rows:
    columns: Array
    side: Array
    errors: WindowErrors
    weights: Array | None
    cluster: Places | None

    def mean(self, outcome: Array, side: int) -> float:
        own = self.side == side
        return float(np.average(outcome[own], weights=None if self.weights is None else self.weights[own]))

    def difference(self, outcome: Array) -> Difference | Refusal:
        fit = least_squares.least_squares(self.columns, outcome, names=self._names(), weights=self.weights)
        if isinstance(fit, Refusal):
            return fit
        contrast = np.zeros(fit.k)
        contrast[1] = 1.0
        if self.errors == "cluster":
            return self._clustered(fit, contrast)
        spread = least_squares.covariance(fit, self.errors)
        if isinstance(spread, Refusal):
            return spread
        freedom = self._welch(outcome) if self.errors == "HC2" and fit.k == 2 else float(fit.n - fit.k)
        return Difference(float(fit.coefficients[1]), float(np.sqrt(spread[1, 1])), freedom)

    def ratio(self, found: Difference, outcome: Array, treatment: Array) -> tuple[Difference, Difference] | Refusal:
        """The outcome's difference over the treatment's, to first order, and the latter."""
        if np.array_equal(treatment, self.side):
            return found, Difference(1.0, 0.0, np.inf)
        step = self.difference(treatment)
        if isinstance(step, Refusal):
            return Refusal("not_identified", f"the treatment does not jump at the cut-off: {step.detail}")
        value = found.value / step.value
        moved = self.difference(outcome - value * treatment)
        if isinstance(moved, Refusal):
            return moved
        return Difference(value, moved.std_error / abs(step.value), moved.degrees_of_freedom), step

    def _clustered(self, fit: least_squares.Fit, contrast: Array) -> Difference | Refusal:
        if self.cluster is None:
            raise ValueError("clustered errors need a cluster of each row")
        rows = cluster_robust.clustered(fit, self.cluster)
        if isinstance(rows, Refusal):
            return rows
        if refusal := cluster_robust.contrast_refusal(rows, contrast):
            return refusal
        variance = cluster_robust.covariance(rows, "CR1")[1, 1]
        return Difference(float(fit.coefficients[1]), float(np.sqrt(variance)), float(rows.count - 1))

    def _names(self) -> tuple[str, ...]:
        return ("level", "side", *(f"covariate {place}" for place in range(1, self.columns.shape[1] - 1)))

    def _welch(self, outcome: Array) -> float:
        parts = []
        for side in (0, 1):
            own = outcome[self.side == side]
            parts.append((float(np.var(own, ddof=1)) / len(own), len(own)))
        total = sum(variance for variance, _ in parts)
        return total**2 / sum(variance**2 / (n - 1) for variance, n in parts)
