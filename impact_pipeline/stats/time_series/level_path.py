"""How the level of a series may move: the precision of its path, a band matrix that factorises in linear time.

Everything is in units of the irregular's variance. A path of N states has precision `K + W`, K from the level's steps
and W with a 1 at each period that was seen; K alone does not know where the path starts, which is the diffuse start.
Chan, Jeliazkov (2009); Rue, Held (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from impact_pipeline.stats.least_squares import Array

Bands = tuple[Array, ...]
"""A band factor: `unit triangle' diag(first) unit triangle` has the diagonal first, then each band below it."""


class LevelPath(Protocol):
    """`ratios` are spreads of the path's steps in irregular spreads; `diffuse` counts the directions K leaves open.

    `solve` takes rows of periods, (periods, columns), and gives states; `levels` picks the periods' levels from them.
    """

    @property
    def diffuse(self) -> int: ...

    def factor(self, seen: Array, ratios: tuple[float, ...]) -> Bands: ...

    def log_determinant(self, ratios: tuple[float, ...]) -> float: ...

    def solve(self, factor: Bands, right: Array) -> Array: ...

    def levels(self, states: Array) -> Array: ...


@dataclass(frozen=True, slots=True)
class LocalLevel:
    """A random walk: `level_t+1 = level_t + ratio x step`.

    >>> path = LocalLevel(3)
    >>> factor = path.factor(np.array([1.0, 1.0, 1.0]), (1.0,))
    >>> path.solve(factor, np.array([[3.0], [0.0], [0.0]]))[:, 0].round(3).tolist()
    [1.875, 0.75, 0.375]
    """

    length: int
    diffuse: int = 1

    def factor(self, seen: Array, ratios: tuple[float, ...]) -> Bands:
        from scipy.linalg.lapack import dpttrf

        weight = ratios[0] ** -2
        diagonal = seen + weight * np.concatenate([[1.0], np.full(self.length - 2, 2.0), [1.0]])
        first, below, failed = dpttrf(diagonal, np.full(self.length - 1, -weight))
        if failed:
            raise ValueError("the path's precision is not positive: no period was seen")
        return np.asarray(first), np.asarray(below)

    def log_determinant(self, ratios: tuple[float, ...]) -> float:
        """Of K in the directions that it knows, up to a constant."""
        return -2 * (self.length - 1) * float(np.log(ratios[0]))

    def solve(self, factor: Bands, right: Array) -> Array:
        from scipy.linalg.lapack import dpttrs

        return np.asarray(dpttrs(*factor, right)[0], dtype=np.float64)

    def levels(self, states: Array) -> Array:
        return states


@dataclass(frozen=True, slots=True)
class LocalLinearTrend:
    """A random walk whose drift is one too: `level + slope + step`, `slope + step of the slope`.

    States alternate level and slope.

    >>> path = LocalLinearTrend(4)
    >>> factor = path.factor(np.ones(4), (1.0, 1.0))
    >>> path.levels(path.solve(factor, np.arange(4.0)[:, None]))[:, 0].round(3).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """

    length: int
    diffuse: int = 2

    def factor(self, seen: Array, ratios: tuple[float, ...]) -> Bands:
        from scipy.linalg.lapack import dpbtrf

        level, slope = ratios[0] ** -2, ratios[1] ** -2
        banded = np.zeros((3, 2 * self.length))
        steps = np.arange(self.length - 1)
        banded[0, ::2] = seen
        banded[0, 2 * steps] += level
        banded[0, 2 * steps + 2] += level
        banded[0, 2 * steps + 1] += level + slope
        banded[0, 2 * steps + 3] += slope
        banded[1, 2 * steps] = level
        banded[1, 2 * steps + 1] = -level
        banded[2, 2 * steps] = -level
        banded[2, 2 * steps + 1] = -slope
        factor, failed = dpbtrf(banded, lower=1)
        if failed:
            raise ValueError("the path's precision is not positive: fewer than two periods were seen")
        return np.asarray(factor[0]) ** 2, *(np.asarray(factor[k, :-k] / factor[0, :-k]) for k in (1, 2))

    def log_determinant(self, ratios: tuple[float, ...]) -> float:
        return -2 * (self.length - 1) * float(np.log(ratios[0]) + np.log(ratios[1]))

    def solve(self, factor: Bands, right: Array) -> Array:
        from scipy.linalg.lapack import dpbtrs

        root = np.sqrt(factor[0])
        banded = np.zeros((3, len(root)))
        banded[0] = root
        banded[1, :-1], banded[2, :-2] = factor[1] * root[:-1], factor[2] * root[:-2]
        spread = np.zeros((2 * self.length, right.shape[1]))
        spread[::2] = right
        return np.asarray(dpbtrs(banded, spread, lower=1)[0], dtype=np.float64)

    def levels(self, states: Array) -> Array:
        return states[::2]


def path_draws(factor: Bands, normals: Array) -> Array:
    """Draws with the factor's matrix as precision, (states, draws), from as many standard normals.

    Later states are made first, so draws of the last h states need only the factor's last h.

    >>> path_draws((np.array([4.0, 1.0]), np.array([-0.5])), np.array([[2.0], [1.0]]))[:, 0].tolist()
    [1.5, 1.0]
    """
    first, below = factor[0], factor[1:]
    found = normals / np.sqrt(first)[:, None]
    for state in range(len(found) - 2, -1, -1):
        for width, band in enumerate(below, 1):
            if state + width < len(found):
                found[state] -= band[state] * found[state + width]
    return found
