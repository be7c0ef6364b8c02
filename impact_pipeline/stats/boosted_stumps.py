"""A learner for covariates: ridge regression, then boosted stumps on what it leaves. Small, seeded, of numpy alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.least_squares import Array, summed


@dataclass(frozen=True, slots=True)
class _Stump:
    column: int
    last_left_bin: int
    left: float
    right: float


@dataclass(slots=True, eq=False)
class BoostedStumps:
    """Predicts a mean from numeric columns: a penalised line in each, plus a sum of one-split trees.

    Every round fits the split of one column that explains most of what is left, on a random half of the rows, and adds
    a tenth of it. Columns enter one at a time: interactions are for a larger learner. Friedman (2001), Annals of
    Statistics 29; (2002), Computational Statistics and Data Analysis 38.

    >>> x = np.linspace(-1, 1, 400)[:, None]
    >>> learner = BoostedStumps(np.random.default_rng(0)).fit(x, x[:, 0] ** 2)
    >>> bool(np.mean((learner.predict(x) - x[:, 0] ** 2) ** 2) < 0.05 * np.var(x[:, 0] ** 2))
    True
    """

    rng: np.random.Generator
    rounds: int = 100
    learning_rate: float = 0.1
    bins: int = 32
    least_rows: int = 20
    penalty: float = 1e-3
    row_share: float = 0.5
    _centre: Array = field(init=False, repr=False)
    _scale: Array = field(init=False, repr=False)
    _slopes: Array = field(init=False, repr=False)
    _mean: float = field(init=False, repr=False)
    _edges: list[Array] = field(init=False, repr=False)
    _stumps: list[_Stump] = field(init=False, repr=False)

    def fit(self, x: ArrayLike, y: ArrayLike) -> Self:
        columns, outcome = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        self._fit_line(columns, outcome)
        quantiles = np.arange(1, self.bins) / self.bins
        self._edges = [np.unique(np.quantile(column, quantiles)) for column in columns.T]
        binned = self._binned(columns)
        left = outcome - self._line(columns)
        self._stumps = []
        for _ in range(self.rounds):
            rows = np.flatnonzero(self.rng.random(len(left)) < self.row_share)
            stump = self._best_stump(binned[:, rows], left[rows])
            if stump is None:
                break
            self._stumps.append(stump)
            left = left - _step(stump, binned)
        return self

    def predict(self, x: ArrayLike) -> Array:
        columns = np.asarray(x, dtype=np.float64)
        found, binned = self._line(columns), self._binned(columns)
        for stump in self._stumps:
            found = found + _step(stump, binned)
        return found

    def _fit_line(self, x: Array, y: Array) -> None:
        self._centre, spread = x.mean(axis=0), x.std(axis=0)
        self._scale = np.where(spread > 0, spread, 1.0)
        self._mean = float(y.mean())
        z = (x - self._centre) / self._scale
        gram = summed("ij,ik->jk", z, z) + self.penalty * len(x) * np.eye(x.shape[1])
        slopes = np.linalg.solve(gram, summed("ij,i->j", z, y - self._mean))
        self._slopes = np.asarray(slopes, dtype=np.float64)

    def _line(self, x: Array) -> Array:
        return self._mean + summed("ij,j->i", (x - self._centre) / self._scale, self._slopes)

    def _binned(self, x: Array) -> NDArray[np.intp]:
        """Each row's bin in each column, (columns, rows)."""
        return np.stack([np.searchsorted(edges, column) for edges, column in zip(self._edges, x.T, strict=True)])

    def _best_stump(self, binned: NDArray[np.intp], left: Array) -> _Stump | None:
        best: tuple[float, _Stump] | None = None
        for j, codes in enumerate(binned):
            counts = np.cumsum(np.bincount(codes, minlength=self.bins))
            sums = np.cumsum(np.bincount(codes, weights=left, minlength=self.bins))
            others = counts[-1] - counts
            allowed = (counts >= self.least_rows) & (others >= self.least_rows)
            if not allowed.any():
                continue
            low, high = sums / np.maximum(counts, 1), (sums[-1] - sums) / np.maximum(others, 1)
            gain = np.where(allowed, counts * low**2 + others * high**2, -np.inf)
            at = int(np.argmax(gain))
            if best is None or gain[at] > best[0]:
                low_step, high_step = self.learning_rate * low[at], self.learning_rate * high[at]
                best = float(gain[at]), _Stump(j, at, float(low_step), float(high_step))
        return None if best is None else best[1]


def _step(stump: _Stump, binned: NDArray[np.intp]) -> Array:
    return np.where(binned[stump.column] <= stump.last_left_bin, stump.left, stump.right)
