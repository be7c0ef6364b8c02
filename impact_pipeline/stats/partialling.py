"""Partialling out: what is left of some columns once a level and covariates have explained what they can."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    left = levelled(targets, roots)
    if not len(covariates):
        return left
    basis, own = scaled(covariates, roots)
    if idle := aliased(basis, own):
        why = "is a combination of the ones before it" if own[idle[0]] else "does not vary"
        return Refusal("collinear", f"covariate '{names[idle[0]]}' {why}: leave it out")
    inverse = np.asarray(np.linalg.inv(np.linalg.cholesky(basis @ basis.T)), dtype=np.float64)
    for _ in range(PASSES):
        along = left @ basis.T @ inverse.T
        left -= along @ inverse @ basis
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


def scaled(columns: Array, roots: Array | None = None) -> tuple[Array, NDArray[np.bool_]]:
    """Levelled columns of length 1, and by column whether it varies.

    >>> basis, varies = scaled(np.array([[1.0, 3.0], [2.0, 2.0]]))
    >>> basis.round(3).tolist(), varies.tolist()
    ([[-0.707, 0.707], [0.0, 0.0]], [True, False])
    """
    basis = levelled(columns, roots)
    squares, whole = summed("ki,ki->k", basis, basis), summed("ki,ki->k", columns, columns)
    varies = squares > SMALLEST_OWN_SHARE * whole
    basis /= np.sqrt(np.where(varies, squares, 1.0))[:, None]
    basis[~varies] = 0.0
    return basis, varies


def aliased(basis: Array, varies: NDArray[np.bool_]) -> tuple[int, ...]:
    """Places of scaled columns that a level and the columns before them determine.

    >>> aliased(*scaled(np.array([[0.0, 1.0, 2.0, 4.0], [1.0, 3.0, 5.0, 9.0], [0.0, 0.0, 1.0, 0.0]])))
    (1,)
    """
    gram = np.asarray(basis @ basis.T, dtype=np.float64)
    size = len(gram)
    lower, found = np.zeros((size, size)), []
    for j in range(size):
        ahead = gram[j:, j] - lower[j:, :j] @ lower[j, :j]
        if not varies[j] or ahead[0] <= SMALLEST_OWN_SHARE:
            found.append(j)
        else:
            lower[j:, j] = ahead / np.sqrt(ahead[0])
    return tuple(found)
