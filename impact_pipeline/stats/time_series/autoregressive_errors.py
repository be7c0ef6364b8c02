"""Regression over time whose errors are a first-order autoregression: likelihood of the residuals, gaps allowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.least_squares import Array, summed

LARGEST = 0.99
"""Correlations beyond this in size are a random walk, for which a level that moves is the model."""
LEAST_DEGREES = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class AutoregressiveFit:
    """`correlation` is that of errors one step apart; `innovations` are what is left of each error, of one variance."""

    coefficients: Array
    covariance: Array
    correlation: float
    innovations: Array
    degrees_of_freedom: float


def autoregressive_fit(columns: ArrayLike, outcome: ArrayLike, places: ArrayLike) -> AutoregressiveFit:
    """Generalised least squares at the correlation that maximises the likelihood of the residuals (REML).

    Errors g steps apart have correlation r^g: rows are whitened as `(e_t - r^g e_(t-g)) / sqrt(1 - r^(2g))` in units of
    the errors' own spread (Prais, Winsten 1954). Degrees of freedom are those of as many independent periods as carry
    the same information, `n (1 - r) / (1 + r) - k` for r > 0. Columns must be of full rank and not fit exactly.

    >>> rng = np.random.default_rng(1)
    >>> found = autoregressive_fit(np.ones((200, 1)), 5 + rng.normal(size=200), range(200))
    >>> bool(abs(found.coefficients[0] - 5) < 0.3), bool(abs(found.correlation) < 0.2)
    (True, True)
    """
    from scipy.optimize import minimize_scalar

    x, y = np.asarray(columns, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    rows, gaps = np.column_stack([x, y]), np.diff(np.asarray(places, dtype=np.float64))
    found = minimize_scalar(lambda r: _deviance(rows, gaps, r), bounds=(-LARGEST, LARGEST), method="bounded")
    correlation = float(found.x)
    gram, along, innovations, _ = _whitened(rows, gaps, correlation)
    n, k = x.shape
    spread = float(np.sum(innovations**2)) / (n - k)
    independent = n * (1 - max(correlation, 0.0)) / (1 + max(correlation, 0.0)) - k
    bread = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    return AutoregressiveFit(along, spread * bread, correlation, innovations, max(independent, LEAST_DEGREES))


def _whitened(rows: Array, gaps: Array, correlation: float) -> tuple[Array, Array, Array, Array]:
    """Gram matrix, coefficients, residuals of white rows, and the variance of each row's own part.

    Even gaps forget the sign of a negative correlation.
    """
    sign = np.where(gaps % 2 == 1, np.sign(correlation), 1.0)
    kept = sign * np.abs(correlation) ** gaps
    own = np.concatenate([[1.0], 1 - kept**2])
    white = np.concatenate([rows[:1], rows[1:] - kept[:, None] * rows[:-1]]) / np.sqrt(own)[:, None]
    x, y = white[:, :-1], white[:, -1]
    gram = summed("ij,ik->jk", x, x)
    coefficients = np.asarray(np.linalg.solve(gram, summed("ij,i->j", x, y)), dtype=np.float64)
    return gram, coefficients, y - summed("ij,j->i", x, coefficients), own


def _deviance(rows: Array, gaps: Array, correlation: float) -> float:
    gram, _, left, own = _whitened(rows, gaps, correlation)
    degrees = len(left) - gram.shape[0]
    return float(degrees * np.log(np.sum(left**2)) + np.sum(np.log(own)) + np.linalg.slogdet(gram)[1])
