"""Effects of units and of periods taken out of columns, exactly: what is left is what moves within both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.samples.panel import Panel

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_CELLS = 2000
"""Systems up to this size are solved directly, larger ones by conjugate gradients."""
CONVERGED = 1e-13
"""Relative residual at which conjugate gradients stop: close to what a direct solution leaves."""


@dataclass(frozen=True, eq=False)
class FixedEffects:
    """Two sets of effects of n rows: `unit` and `cell` (a period, or a period of one group) are places.

    `weights` are above 0 or None. `grid` is (units, cells) where each pair has one row, in that order, with equal
    weights: then effects are means.
    """

    unit: Places
    cell: Places
    units: int
    cells: int
    weights: Floats | None = None
    grid: tuple[int, int] | None = None

    def within(self, columns: Floats) -> Floats:
        """Residuals of columns, (k, n), on both sets of effects, by weighted least squares.

        >>> effects = FixedEffects(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), 2, 2)
        >>> effects.within(np.array([[1.0, 2.0, 3.0, 8.0]])).round(9).tolist()
        [[1.0, -1.0, -1.0, 1.0]]
        """
        if self.grid is not None:
            return _centred(columns.reshape(len(columns), *self.grid)).reshape(columns.shape)
        return np.stack([self._residual(column) for column in columns]) if len(columns) else columns.copy()

    def within_units(self, columns: Floats) -> Floats:
        """Columns less their units' weighted means."""
        return np.stack([column - self._mean(column)[self.unit] for column in columns])

    @cached_property
    def first_cells(self) -> Places:
        """A cell of each part of the panel that shares no unit with the others: its effect is 0."""
        from scipy.sparse.csgraph import connected_components

        table = self._table
        _, part = connected_components(table @ table.T, directed=False)
        return np.unique(part, return_index=True)[1].astype(np.intp)

    @cached_property
    def rank(self) -> int:
        """How many effects of both sets there are, less those that the others determine."""
        return self.units + self.cells - (1 if self.grid is not None else len(self.first_cells))

    @cached_property
    def _weight(self) -> Floats:
        return np.ones(len(self.unit)) if self.weights is None else self.weights

    @cached_property
    def _unit_weight(self) -> Floats:
        return _summed(self.unit, self._weight, self.units)

    @cached_property
    def _cell_weight(self) -> Floats:
        return _summed(self.cell, self._weight, self.cells)

    @cached_property
    def _table(self) -> Any:
        """Weights by (cell, unit), sparse."""
        from scipy.sparse import csr_array

        return csr_array((self._weight, (self.cell, self.unit)), shape=(self.cells, self.units))

    @cached_property
    def _solve(self) -> Callable[[Floats], Floats]:
        """Cell effects from the cells' sums of what is left of a column without its units' means."""
        free = np.setdiff1d(np.arange(self.cells), self.first_cells)
        solve = self._direct(free) if len(free) <= MOST_CELLS else self._gradients(free)

        def solved(sums: Floats) -> Floats:
            found = np.zeros(self.cells)
            if len(free):
                found[free] = solve(sums[free])
            return found

        return solved

    def _direct(self, free: Places) -> Callable[[Floats], Floats]:
        from scipy.linalg import cho_factor, cho_solve

        shared = (self._table.multiply(1 / self._unit_weight[None, :]) @ self._table.T).toarray()
        system = np.diag(self._cell_weight) - shared
        factor = cho_factor(system[np.ix_(free, free)]) if len(free) else None
        return lambda sums: np.asarray(cho_solve(factor, sums), dtype=np.float64)

    def _gradients(self, free: Places) -> Callable[[Floats], Floats]:
        from scipy.sparse.linalg import LinearOperator, cg

        table = self._table[free]

        def product(x: Floats) -> Floats:
            return np.asarray(self._cell_weight[free] * x - table @ ((table.T @ x) / self._unit_weight))

        system = LinearOperator((len(free), len(free)), matvec=product, dtype=np.float64)
        scale = LinearOperator((len(free), len(free)), matvec=lambda x: x / self._cell_weight[free], dtype=np.float64)
        return lambda sums: np.asarray(cg(system, sums, rtol=CONVERGED, maxiter=20 * len(free), M=scale)[0])

    def _mean(self, column: Floats) -> Floats:
        return _summed(self.unit, self._weight * column, self.units) / self._unit_weight

    def _residual(self, column: Floats) -> Floats:
        left = column - self._mean(column)[self.unit]
        effects = self._solve(_summed(self.cell, self._weight * left, self.cells))
        left = column - effects[self.cell]
        return left - self._mean(left)[self.unit]


def fixed_effects(panel: Panel) -> FixedEffects:
    """Unit effects, and those of periods, or of periods of each group where the panel has groups.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> fixed_effects(panel_of(["a", "a", "b", "b"], [1, 2, 1, 2], [1.0, 2.0, 3.0, 8.0], [0, 0, 0, 1])).rank
    3
    """
    units, periods = len(panel.units), len(panel.periods)
    even = panel.weights is None or bool(np.ptp(panel.weights) == 0)
    if panel.period_group is None:
        grid = (units, periods) if even and panel.is_balanced else None
        return FixedEffects(panel.unit, panel.period, units, periods, None if even else panel.weights, grid)
    labels, cell = np.unique(panel.period_group * periods + panel.period, return_inverse=True)
    return FixedEffects(panel.unit, cell, units, len(labels), None if even else panel.weights)


def _centred(blocks: Floats) -> Floats:
    """Rows and columns of each (units, cells) block less their means, plus the block's."""
    units, cells = blocks.shape[1:]
    by_cell = np.full(units, 1 / units) @ blocks
    left = blocks - (by_cell - by_cell.mean(axis=1, keepdims=True))[:, None, :]
    left -= (blocks @ np.full(cells, 1 / cells))[:, :, None]
    return np.asarray(left, dtype=np.float64)


def _summed(places: Places, values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(places, values, count), dtype=np.float64)
