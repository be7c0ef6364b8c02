"""What each column alone explains of an outcome: partial R2, the strength of measured covariates."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.partialling import levelled


def partial_r_squared(target: Array, columns: Array, weights: Array | None = None) -> Array:
    """By column of `columns`, (k, n), the share of what a level and the others leave of `target` that it explains.

    That is `t^2 / (t^2 + df)` of its coefficient. Columns must not determine each other.

    >>> x = np.array([[0.0, 1.0, 2.0, 3.0], [1.0, -1.0, -1.0, 1.0]])
    >>> partial_r_squared(np.array([1.0, 3.0, 4.0, 6.0]), x).round(6).tolist()
    [0.984615, 0.0]
    """
    roots = None if weights is None else np.sqrt(weights)
    basis, left = levelled(columns, roots), levelled(target[None], roots)[0]
    basis /= np.sqrt(summed("ki,ki->k", basis, basis))[:, None]
    inverse = np.asarray(np.linalg.inv(summed("ji,ki->jk", basis, basis)), dtype=np.float64)
    slopes = summed("jk,k->j", inverse, summed("ki,i->k", basis, left))
    residuals = left - summed("k,ki->i", slopes, basis)
    own = slopes**2 / np.diag(inverse)
    return np.asarray(own / (own + float(summed("i,i->", residuals, residuals))), dtype=np.float64)
