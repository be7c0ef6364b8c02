"""The chance of being in a cohort rather than among its controls, given covariates: a logit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed

ROUNDS = 50
CLOSE_ENOUGH = 1e-10
"""Largest step of a coefficient, of standardised columns, at which Newton's method has arrived."""
LARGEST_INDEX = 20.0
"""Fitted log-odds beyond it that leave no treated row below an untreated one rise without end."""
SMALLEST_OWN_SHARE = 1e-9
"""Share of a standardised column's variance that must be left after the columns before it."""


@dataclass(frozen=True, eq=False)
class Propensity:
    """Fitted chances, (n,), and what each row contributes to the coefficients' error, (k, n)."""

    chances: Array
    contributions: Array


def propensity(columns: Array, treated: Array, weights: Array) -> Propensity | None:
    """Weighted maximum likelihood by Newton's method; None where the columns separate treated from untreated.

    `columns` are (k, n) and standardised but for a constant; `treated` is 0 or 1.

    >>> found = propensity(np.ones((1, 4)), np.array([1.0, 0, 0, 0]), np.ones(4))
    >>> found.chances.round(6).tolist()
    [0.25, 0.25, 0.25, 0.25]
    >>> propensity(np.array([[1.0, 1, 1, 1], [-1, -1, 1, 1]]), np.array([0.0, 0, 1, 1]), np.ones(4)) is None
    True
    """
    from scipy.special import expit

    slopes = np.zeros(len(columns))
    for _ in range(ROUNDS):
        index = summed("k,kn->n", slopes, columns)
        chances = np.asarray(expit(index), dtype=np.float64)
        if np.abs(index).max() > LARGEST_INDEX and _apart(index, treated):
            return None
        hessian = summed("jn,kn->jk", columns * (weights * chances * (1 - chances)), columns)
        try:
            inverse = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        step = inverse @ summed("kn,n->k", columns, weights * (treated - chances))
        slopes = slopes + step
        if np.abs(step).max() < CLOSE_ENOUGH:
            return Propensity(chances, summed("jk,kn->jn", inverse, columns * (weights * (treated - chances))))
    return None


def _apart(index: Array, treated: Array) -> bool:
    """Whether no treated row lies below an untreated one."""
    return bool(index[treated > 0].min() >= index[treated == 0].max())


def dependent_column(gram: Array) -> int | None:
    """The first column that those before it determine, from the products of standardised columns, (k, k).

    >>> dependent_column(np.array([[2.0, 0, 0], [0, 2, 2], [0, 2, 2]]))
    2
    """
    left = gram.astype(np.float64).copy()
    for j in range(len(left)):
        if not left[j, j] > SMALLEST_OWN_SHARE * max(gram[j, j], gram[0, 0]):
            return j
        left[j + 1 :] -= np.outer(left[j + 1 :, j] / left[j, j], left[j])
    return None
