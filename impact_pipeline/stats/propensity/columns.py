"""Covariates as standardised columns behind a column of ones, and sums of their products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

ROWS_AT_ONCE = 4096
"""Rows whose products are added in one go: they stay in the processor's cache."""
SMALLEST_OWN_SHARE = 1e-9
"""Share of a column's variance that the columns before it must leave, or it says nothing of its own."""


@dataclass(frozen=True, eq=False)
class Columns:
    """`matrix` is (n, 1 + k): ones, then each covariate less its centre, in units of its scale."""

    names: tuple[str, ...]
    matrix: Array
    centre: Array
    scale: Array

    def __len__(self) -> int:
        return len(self.matrix)


def columns_of(covariates: Mapping[str, Array], n: int) -> Columns | Refusal:
    """Refuses values that are not finite, and by its name a covariate that those before it determine.

    >>> found = columns_of({"age": np.array([20.0, 40.0])}, 2)
    >>> found.matrix.tolist(), found.centre.tolist(), found.scale.tolist()
    ([[1.0, -1.0], [1.0, 1.0]], [30.0], [10.0])
    """
    for name, values in covariates.items():
        if missing := int(np.count_nonzero(~np.isfinite(values))):
            return Refusal("measure_undefined", f"covariate '{name}' has no finite value in {missing} of {n} rows")
    found = _standardised(covariates, n)
    return _collinear(gram(found.matrix), ("the constant", *found.names)) or found


def independent(covariates: Mapping[str, Array], n: int) -> dict[str, Array]:
    """Covariates without those that others before them determine.

    >>> age = np.array([20.0, 40.0, 50.0])
    >>> list(independent({"age": age, "twice": 2 * age, "one": np.ones(3)}, 3))
    ['age']
    """
    determined = _determined(gram(_standardised(covariates, n).matrix))
    return {name: values for place, (name, values) in enumerate(covariates.items(), 1) if place not in determined}


def _standardised(covariates: Mapping[str, Array], n: int) -> Columns:
    names = tuple(covariates)
    raw = np.column_stack([covariates[name] for name in names]) if names else np.empty((n, 0))
    centre, scale = raw.mean(axis=0), raw.std(axis=0)
    scale = np.where(scale > SMALLEST_OWN_SHARE * np.abs(centre), scale, 0.0)
    matrix = np.ones((n, len(names) + 1))
    matrix[:, 1:] = (raw - centre) / np.where(scale > 0, scale, 1.0)
    matrix[:, 1:][:, scale == 0] = 0.0
    return Columns(names, matrix, centre, scale)


def gram(matrix: Array, weights: Array | None = None) -> Array:
    """`x' diag(w) x`, added in blocks of rows.

    >>> gram(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([1.0, 3.0])).tolist()
    [[4.0, 6.0], [6.0, 12.0]]
    """
    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    for start in range(0, len(matrix), ROWS_AT_ONCE):
        block = matrix[start : start + ROWS_AT_ONCE]
        left = block if weights is None else block * weights[start : start + ROWS_AT_ONCE, None]
        total += left.T @ block
    return total


def inverted(products: Array, names: tuple[str, ...], where: str) -> Array | Refusal:
    """Inverse of sums of products; refused as collinear, naming the column, where one adds nothing to those before.

    >>> inverted(np.array([[2.0, 2.0], [2.0, 2.0]]), ("the constant", "age"), "among the treated").detail
    "covariate 'age' is a combination of those before it among the treated: leave it out"
    """
    if refusal := _collinear(products, names, f" {where}"):
        return refusal
    size = np.sqrt(np.diag(products))
    return np.asarray(np.linalg.inv(products / np.outer(size, size)) / np.outer(size, size), dtype=np.float64)


def _collinear(products: Array, names: tuple[str, ...], where: str = "") -> Refusal | None:
    if not (found := _determined(products)):
        return None
    name = names[found[0]]
    return Refusal("collinear", f"covariate '{name}' is a combination of those before it{where}: leave it out")


def _determined(products: Array) -> list[int]:
    """Places of columns that those before them determine, by elimination."""
    size, found = len(products), []
    lower = np.zeros((size, size))
    for place in range(size):
        left = products[place:, place] - lower[place:, :place] @ lower[place, :place]
        if left[0] <= SMALLEST_OWN_SHARE * products[place, place]:
            found.append(place)
        else:
            lower[place:, place] = left / np.sqrt(left[0])
    return found
