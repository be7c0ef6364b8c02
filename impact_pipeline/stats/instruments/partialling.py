"""Partialling out: what is left of some columns once a level and covariates have explained what they can."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal

SMALLEST_OWN_SHARE = 1e-11
"""Share of a column's variance that must be left after the columns before it; below it is rounding."""
PASSES = 2
"""What rounding leaves of the covariates after one projection, the second takes away."""


def partialled(targets: Array, covariates: Array, names: Sequence[str], roots: Array | None = None) -> Array | Refusal:
    """Residuals of `targets`, (m, n), on a level and `covariates`, (k, n), by least squares.

    `roots` are the square roots of the rows' weights: residuals are then those of the weighted rows, times the root. A
    covariate that those before it determine is refused by its name.

    >>> partialled(np.array([[1.0, 3.0, 4.0, 6.0]]), np.array([[0.0, 1.0, 2.0, 3.0]]), ("x",)).round(12).tolist()
    [[-0.1, 0.3, -0.3, 0.1]]
    """
    left, basis = levelled(targets, roots), levelled(covariates, roots)
    lengths = np.sqrt(summed("ki,ki->k", basis, basis))
    for name, column, length in zip(names, covariates, lengths, strict=True):
        if length**2 <= SMALLEST_OWN_SHARE * max(float(summed("i,i->", column, column)), np.finfo(float).tiny):
            return Refusal("collinear", f"covariate '{name}' does not vary: leave it out")
    basis /= lengths[:, None]
    inverse = _inverse_root(summed("ji,ki->jk", basis, basis))
    if isinstance(inverse, int):
        name = names[inverse]
        return Refusal("collinear", f"covariate '{name}' is a combination of the ones before it: leave it out")
    for _ in range(PASSES if len(basis) else 0):
        along = summed("mj,kj->mk", summed("mi,ji->mj", left, basis), inverse)
        left -= summed("mj,ji->mi", summed("mk,kj->mj", along, inverse), basis)
    return left


def levelled(columns: Array, roots: Array | None = None) -> Array:
    """Columns, (k, n), less their (weighted) means, times the roots of weights.

    >>> levelled(np.array([[1.0, 2.0, 6.0]])).tolist()
    [[-2.0, -1.0, 3.0]]
    """
    if roots is None:
        return np.asarray(columns - columns.mean(axis=1, keepdims=True), dtype=np.float64)
    weights = roots**2
    means = summed("ki,i->k", columns, weights) / float(np.sum(weights))
    return np.asarray((columns - means[:, None]) * roots, dtype=np.float64)


def _inverse_root(gram: Array) -> Array | int:
    """The inverse of the lower triangle L with `gram = L L'`; or the first column that adds nothing."""
    size = len(gram)
    lower = np.zeros((size, size))
    for j in range(size):
        ahead = gram[j:, j] - summed("ik,k->i", lower[j:, :j], lower[j, :j])
        if ahead[0] <= SMALLEST_OWN_SHARE:
            return j
        lower[j:, j] = ahead / np.sqrt(ahead[0])
    return np.asarray(np.linalg.inv(lower), dtype=np.float64)
