"""Effects as distance from imputed outcomes: unit and period effects fitted to what was not yet treated.

Borusyak, Jaravel, Spiess (2024), Review of Economic Studies 91: efficient where parallel trends hold in all periods
and errors are alike, so it leans on periods long before adoption that group-time effects do not use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.cells import Cell
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.propensity import dependent_column


@dataclass(frozen=True, eq=False)
class ImputedAverage:
    """An average of effects, and what each unit contributes to its error, (n,)."""

    value: float
    contributions: Array


@dataclass(frozen=True, eq=False)
class Imputation:
    """`left` is (n, T): outcomes less imputed ones, which are effects from adoption on and residuals before it.

    `gram_inverse` is that of the period effects, `columns` (n, k) a constant and the covariates.
    """

    cohorts: Cohorts
    anticipation: int
    left: Array
    columns: Array
    gram_inverse: Array

    def average(self, cells: Sequence[Cell], weights: Array) -> ImputedAverage:
        """The effect on cells with the given weights, units of a cohort by their own weights.

        Contributions take effects less those of the unit's own cohort and period, which makes the standard error
        conservative where effects differ within them (section 4.3 of the paper).
        """
        by_cohort = _by_cohort(self.cohorts, cells, weights)
        through = self._through_periods(by_cohort)
        contributions, value = np.empty(self.cohorts.n), 0.0
        for rows, label, total in zip(self.cohorts.rows, self.cohorts.labels, self.cohorts.totals, strict=True):
            own = self.cohorts.weights[rows]
            before = _untreated(self.cohorts, label, self.anticipation)
            along = summed("it,tj->ij", self.left[rows, :before], through[:before])
            contributions[rows] = -own * summed("ij,ij->i", along, self.columns[rows])
            if label in by_cohort:
                effects = self.left[rows] @ by_cohort[label]
                value += float(own @ effects) / total
                contributions[rows] += own / total * (effects - float(own**2 @ effects) / float(own @ own))
        return ImputedAverage(float(value), contributions)

    def _through_periods(self, by_cohort: Mapping[int, Array]) -> Array:
        """How the average moves with what rows say about period effects, (T, k); the first period has none."""
        periods, k = self.cohorts.horizon, self.columns.shape[1]
        gradient = np.zeros((periods, k))
        for rows, label, total in zip(self.cohorts.rows, self.cohorts.labels, self.cohorts.totals, strict=True):
            if label in by_cohort:
                toward = by_cohort[label].copy()
                before = _untreated(self.cohorts, label, self.anticipation)
                toward[:before] -= by_cohort[label].sum() / before
                gradient += np.outer(toward, self.cohorts.weights[rows] @ self.columns[rows] / total)
        found = self.gram_inverse @ gradient[1:].ravel()
        return np.concatenate([np.zeros((1, k)), found.reshape(periods - 1, k)])


def imputation(cohorts: Cohorts, anticipation: int = 0) -> Imputation | Refusal:
    """Fits `Y_it = unit effect + x_i (period effects)` to units before they adopt (less `anticipation`).

    x is 1 and the covariates of the first period: each has a slope of its own in each period, as trends may differ with
    covariates. Takes comparable cohorts: some unit is untreated in every period.

    >>> rows = np.array([[0.0, 1.0, 4.0], [1.0, 2.0, 3.5], [0.0, 1.0, 2.0], [1.0, 2.0, 2.0]])
    >>> cohorts = Cohorts(("1", "2", "3"), np.arange(4), np.array([2, 2, 3, 3]), rows, np.ones(4))
    >>> imputation(cohorts).average([Cell(2, 2, 1, (3,))], np.array([1.0])).value
    1.75
    """
    covariates = [(values[:, 0] - values[:, 0].mean()) / (np.std(values[:, 0]) or 1) for values in
                  cohorts.covariates.values()]  # fmt: skip
    columns = np.stack([np.ones(cohorts.n), *covariates], axis=1)
    gram, target = _normal_equations(cohorts, columns, anticipation)
    if (place := dependent_column(gram)) is not None:
        name = ("the constant", *cohorts.covariates)[place % columns.shape[1]]
        return Refusal("collinear", f"'{name}' cannot be told from other covariates among units not yet treated")
    inverse = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    slopes = np.concatenate([np.zeros((1, columns.shape[1])), (inverse @ target).reshape(-1, columns.shape[1])])
    left = cohorts.outcome - (slopes[:, 0] if len(slopes.T) == 1 else summed("ij,tj->it", columns, slopes))
    for rows, label in zip(cohorts.rows, cohorts.labels, strict=True):
        left[rows] -= left[rows, : _untreated(cohorts, label, anticipation)].mean(axis=1, keepdims=True)
    return Imputation(cohorts, anticipation, left, columns, inverse)


def _normal_equations(cohorts: Cohorts, columns: Array, anticipation: int) -> tuple[Array, Array]:
    """Of the period effects but the first, with unit effects swept out: all units of a cohort share its periods."""
    size = (cohorts.horizon - 1) * columns.shape[1]
    gram, target = np.zeros((size, size)), np.zeros(size)
    for rows, label in zip(cohorts.rows, cohorts.labels, strict=True):
        before = _untreated(cohorts, label, anticipation)
        sweep = np.zeros((cohorts.horizon, cohorts.horizon))
        sweep[:before, :before] = np.eye(before) - 1 / before
        weighted = columns[rows] * cohorts.weights[rows, None]
        gram += np.kron(sweep[1:, 1:], summed("ij,ik->jk", weighted, columns[rows]))
        target += (sweep @ summed("it,ij->tj", cohorts.outcome[rows], weighted))[1:].ravel()
    return gram, target


def _untreated(cohorts: Cohorts, label: int, anticipation: int) -> int:
    """How many periods, from the first on, a cohort is taken to be untouched."""
    return label if label == cohorts.horizon else label - anticipation


def _by_cohort(cohorts: Cohorts, cells: Sequence[Cell], weights: Array) -> dict[int, Array]:
    found: dict[int, Array] = {}
    for cell, weight in zip(cells, weights, strict=True):
        if weight:
            found.setdefault(cell.cohort, np.zeros(cohorts.horizon))[cell.period] += weight
    return found
