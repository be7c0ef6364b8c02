"""A polynomial fitted to the rows of one side near the cut-off, by weighted least squares.

The j-th derivative at the cut-off is a weighted sum of outcomes, and all errors are made from those weights. Fan,
Gijbels (1996), Local Polynomial Modelling and Its Applications, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact_pipeline.stats.discontinuity.kernels import KernelName, kernel_weights, rows_within
from impact_pipeline.stats.discontinuity.sides import Floats, Side
from impact_pipeline.stats.least_squares import summed


@dataclass(frozen=True, eq=False)
class LocalFit:
    """The fit of `order` to `near`, the rows of a side that lie within `bandwidth`.

    Powers are of `scaled`, the signed distance in bandwidths; `moments` are their weighted sums and `bread` the inverse
    of their weighted cross products, (order + 1, order + 1).
    """

    near: Side
    order: int
    bandwidth: float
    scaled: Floats
    weights: Floats
    moments: Floats
    bread: Floats

    def __len__(self) -> int:
        return len(self.near)

    @cached_property
    def crossed(self) -> Floats:
        """Weighted sums of each column times each power, (k, order + 1)."""
        return power_sums(self.scaled, self.weights * self.near.columns, self.order)

    @cached_property
    def coefficients(self) -> Floats:
        """By power and column, (order + 1, k), in powers of the signed distance itself."""
        scales = self.bandwidth ** np.arange(self.order + 1)
        return summed("ij,kj->ik", self.bread, self.crossed) / scales[:, None]

    def row_weights(self, power: int) -> Floats:
        """Each row's weight in the coefficient of a power, (n,): the coefficient is the sum of weight x outcome."""
        return self.weights * polynomial(self.bread[power] / self.bandwidth**power, self.scaled)

    def bias_share(self, power: int) -> float:
        """How much of `bandwidth^(order + 1 - power)` times the next higher coefficient lands in this one."""
        return float(np.sum(self.bread[power] * self.moments[self.order + 1 : 2 * self.order + 2]))

    def fitted(self, side: Side) -> Floats:
        """Values of each column at the rows of the same side, (k, n)."""
        at = side.direction * side.distance
        return np.stack([polynomial(column, at) for column in self.coefficients.T])

    def leverages(self, rows: int) -> Floats:
        """Diagonal of the projection on the powers of the nearest `rows`, (rows,); 0 of those without weight."""
        found = np.zeros(rows)
        used = min(rows, len(self))
        powers = self.scaled[:used] ** np.arange(self.order + 1)[:, None]
        found[:used] = self.weights[:used] * summed("in,ij,jn->n", powers, self.bread, powers)
        return found


def local_fit(side: Side, order: int, bandwidth: float, kernel: KernelName) -> LocalFit:
    """Least squares weighted by kernel and row; needs more distinct scores within the bandwidth than the order.

    >>> side = Side(1, np.array([0.0, 1.0, 2.0, 9.0]), np.array([[3.0, 5.0, 7.0, 0.0]]))
    >>> local_fit(side, 1, 3.0, "triangular").coefficients.round(9).tolist()
    [[3.0], [2.0]]
    """
    near = side.first(rows_within(side.distance, bandwidth, kernel))
    scaled = near.distance / bandwidth
    weights = kernel_weights(scaled, kernel)
    if near.weights is not None:
        weights *= near.weights
    scaled *= side.direction
    moments = power_sums(scaled, weights[None, :], 2 * order + 1)[0]
    gram = moments[np.arange(order + 1)[:, None] + np.arange(order + 1)]
    return LocalFit(near, order, bandwidth, scaled, weights, moments, np.asarray(np.linalg.inv(gram)))


def power_sums(scaled: Floats, columns: Floats, highest: int) -> Floats:
    """`sum of column x scaled^j` by column and power, (k, highest + 1).

    >>> power_sums(np.array([1.0, 2.0]), np.array([[1.0, 3.0]]), 2).tolist()
    [[4.0, 7.0, 13.0]]
    """
    found = np.empty((len(columns), highest + 1))
    for place, column in enumerate(columns):
        term = column.copy()
        for power in range(highest):
            found[place, power] = np.add.reduce(term)
            term *= scaled
        found[place, highest] = np.add.reduce(term)
    return found


def polynomial(coefficients: Floats, at: Floats) -> Floats:
    """`sum of coefficient_j at^j`, lowest power first.

    >>> polynomial(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0])).tolist()
    [1.0, 17.0]
    """
    value = np.full_like(at, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value *= at
        value += coefficient
    return value
