"""Least squares on rows, and the covariance of its coefficients under equal (classical) or unequal errors (HC0-HC3).

Everything is computed in the coordinates of an orthonormal basis of the columns: a row's leverage is its squared
length there, and a covariance is a k x k matrix between two triangles. Sums over rows run in the order of the rows and
in one thread, so equal rows give equal bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.refusal import Refusal

Array: TypeAlias = NDArray[np.float64]
CovarianceName = Literal["classical", "HC0", "HC1", "HC2", "HC3"]

SMALLEST_OWN_SHARE = 1e-10
"""Share of a column's length that must be left after the columns before it, or it says nothing of its own."""
EXACT_FIT = 1e-13
"""Residuals below this share of the outcome's length are rounding, not variation."""
FULL_LEVERAGE = 1e-10
"""A row (or cluster) whose leverage is this close to 1 is fitted exactly, whatever its outcome."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Coefficients b of n rows on k columns, and what their covariances are made from.

    `residuals` are `y - x b` and `basis` the orthonormal columns, (n, k), both times the root of the row's weight;
    `inverse_root` is the inverse of the triangle R with `sqrt(w) x = basis R`.
    """

    names: tuple[str, ...]
    coefficients: Array
    residuals: Array
    basis: Array
    inverse_root: Array

    @property
    def n(self) -> int:
        return len(self.residuals)

    @property
    def k(self) -> int:
        return len(self.coefficients)

    @property
    def bread(self) -> Array:
        """`(x' w x)^-1`, (k, k)."""
        return summed("ij,kj->ik", self.inverse_root, self.inverse_root)

    @property
    def leverages(self) -> Array:
        """Diagonal of the projection on the columns, (n,); they add up to k."""
        return summed("ij,ij->i", self.basis, self.basis)

    def rotated(self, contrast: ArrayLike) -> Array:
        """`R'^-1 c`: the combination `c b` of coefficients in the coordinates of the basis."""
        return summed("ij,i->j", self.inverse_root, np.asarray(contrast, dtype=np.float64))

    def from_basis(self, inner: Array) -> Array:
        """The coefficients' covariance from that of `basis' y`, (k, k)."""
        return summed("ij,kj->ik", summed("ij,jk->ik", self.inverse_root, inner), self.inverse_root)


def least_squares(
    columns: ArrayLike, outcome: ArrayLike, *, names: Sequence[str] = (), weights: ArrayLike | None = None
) -> Fit | Refusal:
    """Minimises `sum of w (y - x b)^2`; weights are the inverses of the rows' error variances, up to a factor.

    By Gram-Schmidt twice (Giraud, Langou, Rozloznik 2005). A column that those before it determine is refused by its
    name, as are values that are not finite, fewer rows than k + 1, and an outcome that the columns fit exactly.

    >>> fit = least_squares([[1, 0], [1, 1], [1, 2], [1, 3]], [1.0, 3.0, 4.0, 6.0], names=("level", "slope"))
    >>> fit.coefficients.round(12).tolist(), fit.leverages.round(12).tolist()
    ([1.1, 1.6], [0.7, 0.3, 0.3, 0.7])
    """
    x, y = np.asarray(columns, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    called = tuple(names) or tuple(f"x{j}" for j in range(x.shape[1]))
    root = np.ones(len(y)) if weights is None else _roots(weights)
    if refusal := _not_usable(x, y, called):
        return refusal
    weighted, target = root[:, None] * x, root * y
    found = _orthonormal(weighted)
    if isinstance(found, int):
        return Refusal("collinear", f"'{called[found]}' is a combination of the columns before it: leave it out")
    basis, triangle = found
    inverse = np.asarray(np.linalg.inv(triangle), dtype=np.float64)
    along = summed("ij,i->j", basis, target)
    residuals = target - summed("ij,j->i", basis, along)
    if _length(residuals) <= EXACT_FIT * _length(target):
        return Refusal("zero_variance", "the outcome does not vary beyond what the columns determine")
    return Fit(called, summed("jk,k->j", inverse, along), residuals, basis, inverse)


def covariance(fit: Fit, name: CovarianceName) -> Array | Refusal:
    """Covariance of the coefficients, (k, k).

    `classical`: `s^2 (x'x)^-1`, s^2 with n - k. HC0: `(x'x)^-1 (sum of e^2 x x') (x'x)^-1` (White 1980); HC1 times
    n / (n - k); HC2 with `e^2 / (1 - h)`, unbiased under equal errors; HC3 with `e^2 / (1 - h)^2`, nearly the
    jackknife's (MacKinnon, White 1985). A row of leverage h = 1 leaves HC2 and HC3 without an answer.

    >>> fit = least_squares([[1.0], [1.0], [1.0], [1.0]], [1.0, 2.0, 3.0, 6.0])
    >>> [round(float(covariance(fit, name)[0, 0]), 4) for name in ("classical", "HC0", "HC2", "HC3")]
    [1.1667, 0.875, 1.1667, 1.5556]
    """
    squares = fit.residuals**2
    if name == "classical":
        return fit.bread * (_length(fit.residuals) ** 2 / (fit.n - fit.k))
    if name in ("HC2", "HC3"):
        left = 1 - fit.leverages
        if (left < FULL_LEVERAGE).any():
            row = int(np.argmin(left))
            return Refusal("too_few_units", f"row {row} alone determines a coefficient; {name} needs two rows for each")
        squares = squares / left ** (1 if name == "HC2" else 2)
    factor = fit.n / (fit.n - fit.k) if name == "HC1" else 1.0
    return fit.from_basis(factor * summed("ij,ik->jk", fit.basis * squares[:, None], fit.basis))


def summed(subscripts: str, *operands: Array) -> Array:
    """Einstein's sum, term after term: the same bits with any number of threads.

    >>> summed("ij,j->i", np.eye(2), np.array([3.0, 4.0])).tolist()
    [3.0, 4.0]
    """
    return np.asarray(np.einsum(subscripts, *operands, optimize=False), dtype=np.float64)


def _orthonormal(columns: Array) -> tuple[Array, Array] | int:
    """Basis (n, k) and triangle (k, k) with `columns = basis triangle`; or the first column that adds nothing."""
    n, k = columns.shape
    basis, triangle = np.zeros((k, n)), np.zeros((k, k))
    for j in range(k):
        left = columns[:, j].copy()
        for _ in range(2):
            along = summed("ji,i->j", basis[:j], left)
            left = left - summed("ji,j->i", basis[:j], along)
            triangle[:j, j] += along
        triangle[j, j] = _length(left)
        if triangle[j, j] <= SMALLEST_OWN_SHARE * _length(columns[:, j]):
            return j
        basis[j] = left / triangle[j, j]
    return np.ascontiguousarray(basis.T), triangle


def _length(vector: Array) -> float:
    return float(np.sqrt(summed("i,i->", vector, vector)))


def _roots(weights: ArrayLike) -> Array:
    found = np.asarray(weights, dtype=np.float64)
    if not (found > 0).all():
        raise ValueError("weights are above 0; leave out rows that should not count")
    return np.sqrt(found)


def _not_usable(x: Array, y: Array, names: tuple[str, ...]) -> Refusal | None:
    if x.shape != (len(y), len(names)):
        raise ValueError(f"{len(y)} outcomes and {len(names)} names do not fit columns of shape {x.shape}")
    for name, values in (("the outcome", y), *((f"'{name}'", x[:, j]) for j, name in enumerate(names))):
        if missing := int(np.count_nonzero(~np.isfinite(values))):
            return Refusal("measure_undefined", f"{name} has no finite value in {missing} of {len(y)} rows")
    if len(y) <= len(names):
        return Refusal("too_few_units", f"{len(y)} rows cannot tell {len(names)} coefficients and an error")
    return None
