"""How an effect stands if trends after the change differ by up to a multiple of their worst difference before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.event_path import EventPath
from impact_pipeline.stats.difference_in_differences.moment_inequalities import FIRST_SHARE, Inequalities
from impact_pipeline.stats.inference import quantile

Floats = NDArray[np.float64]

GRID = 200
HALVINGS = 15
NODES = 48
KINDS = 3
"""Of inequalities; those of one kind are multiples of each other."""
FAR = 8.0
"""Standard errors beyond which a normal has nothing left."""
EXACT = 0.01
"""To which a breakdown value is told."""
MOST = 10.0
"""Multiples beyond which a breakdown value is not told."""


def robust_interval(path: EventPath, multiple: float, alpha: float) -> tuple[float, float]:
    """All values of the target that are not rejected where violations of parallel trends after the reference change,
    from one period to the next, by at most `multiple` times their largest such change before it.

    Rambachan, Roth (2023), Review of Economic Studies 90, section 2.4.1, by their hybrid test. The target fixes only
    one combination of the effects after; the others can be anything, which leaves three kinds of inequalities.

    >>> path = EventPath(np.array([0.1]), np.array([2.0]), np.diag([0.01, 0.01]), np.ones(1))
    >>> lower, upper = robust_interval(path, 1.0, 0.05)
    >>> bool(1.5 < lower < 1.8 < 2.2 < upper < 2.5)
    True
    """
    sides = [(side.inequalities, side.bound(alpha)) for side in _sides(path, multiple)]
    worst = float(np.abs(path.changes[: len(path.before)] @ path.values).max())
    far = FAR * path.std_error
    reach = far + multiple * float(np.abs(_sums_from_end(path)).sum()) * (worst + far)
    found = []
    for sign in (-1.0, 1.0):
        grid = path.value + sign * np.linspace(0.0, reach, GRID)
        kept = np.flatnonzero(~_all_reject(sides, grid, alpha))
        last = int(kept[-1]) if len(kept) else 0
        inside, outside = grid[last], grid[min(last + 1, GRID - 1)]
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            gone = bool(_all_reject(sides, np.array([middle]), alpha)[0])
            inside, outside = (inside, middle) if gone else (middle, outside)
        found.append(float(inside))
    return found[0], found[1]


def breakdown_multiple(path: EventPath, alpha: float) -> float:
    """The largest multiple at which the robust interval leaves out 0; 0 if none does, at most `MOST`.

    >>> path = EventPath(np.array([0.1]), np.array([2.0]), np.diag([0.01, 0.01]), np.ones(1))
    >>> 4 < breakdown_multiple(path, 0.05) < 10
    True
    """

    def holds(multiple: float) -> bool:
        return all(side.rejects_zero(alpha) for side in _sides(path, multiple))

    if not holds(0.0):
        return 0.0
    if holds(MOST):
        return MOST
    low, high = 0.0, MOST
    while high - low > EXACT:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


@dataclass(frozen=True, eq=False)
class _Side:
    """The inequalities where one change before, with one sign, is the largest, v.

    With x the estimate's error: the target is not above by more than `reach v`, `(x - reach v) / above`; nor below,
    `(-x - reach v) / below`; and v is not below 0, `-v / least` being the largest of its statistics. `spread` is the
    covariance of x and v.
    """

    inequalities: Inequalities
    reach: float
    above: float
    below: float
    least: float
    spread: Floats

    def rejects_zero(self, alpha: float) -> bool:
        """Whether 0 is rejected; the bound is worked out only where it can matter."""
        largest = float(self.inequalities.values.max())
        if largest <= 0:
            return False
        widest = float(np.sqrt(np.diag(self.inequalities.covariance).max()))
        if largest > widest * float(quantile(1 - FIRST_SHARE * alpha / KINDS, np.inf)):
            return True
        return bool(self.inequalities.rejected(np.zeros(1), alpha, self.bound(alpha))[0])

    def bound(self, alpha: float) -> float:
        """What the largest statistic exceeds with chance `FIRST_SHARE alpha` where all means are 0, by quadrature."""
        from scipy.optimize import brentq
        from scipy.special import ndtr

        nodes, shares = _quadrature()
        root = float(np.sqrt(self.spread[1, 1]))
        slope = self.spread[0, 1] / self.spread[1, 1]
        rest = float(np.sqrt(max(self.spread[0, 0] - slope * self.spread[0, 1], 1e-12 * self.spread[0, 0])))

        def chance(c: float) -> float:
            ends = [-FAR * root, -c * self.least]
            ends += [-c * (self.above + self.below) / (2 * self.reach)] if self.reach else []
            low, high = max(ends), FAR * root
            v = low + (nodes + 1) / 2 * (high - low)
            density = np.exp(-0.5 * (v / root) ** 2) / (root * np.sqrt(2 * np.pi))
            top, bottom = c * self.above + self.reach * v, -c * self.below - self.reach * v
            inside = ndtr((top - slope * v) / rest) - ndtr((bottom - slope * v) / rest)
            return float(shares @ (density * np.maximum(inside, 0.0))) * (high - low) / 2

        return float(brentq(lambda c: chance(c) - (1 - FIRST_SHARE * alpha), 0.0, 2 * FAR, xtol=1e-6))


@cache
def _quadrature() -> tuple[Floats, Floats]:
    nodes, shares = np.polynomial.legendre.leggauss(NODES)
    return nodes, shares


def _all_reject(sides: list[tuple[Inequalities, float]], values: Floats, alpha: float) -> NDArray[np.bool_]:
    """Rejected whichever change before was the largest, and whatever its sign."""
    return np.asarray(np.all([one.rejected(values, alpha, bound) for one, bound in sides], axis=0))


def _sums_from_end(path: EventPath) -> Floats:
    """What a change of effects in each period after adds to the target."""
    return np.asarray(np.cumsum(path.target[::-1])[::-1], dtype=np.float64)


def _sides(path: EventPath, multiple: float) -> list[_Side]:
    """Each change before, with each sign, as the largest one; the likeliest first.

    With u the changes of effects after, `target . after = sum of c u`, c the target's sums from the end. Each period
    asks `|change - u| <= multiple x largest`. Combinations of these that hold whatever u is, given the target: both of
    one period, and all periods' upper (or lower) ones weighed by c. They are scaled to sum to 1 by standard errors.
    """
    before = path.changes[: len(path.before)]
    largest = np.concatenate([before, -before])
    return [_side(path, multiple, row) for row in largest[np.argsort(-(largest @ path.values), kind="stable")]]


def _side(path: EventPath, multiple: float, largest: Floats) -> _Side:
    after, c = path.changes[len(path.before) :], _sums_from_end(path)
    upper, lower = (_errors(path, sign * after - multiple * largest) for sign in (1.0, -1.0))
    above = float(np.abs(c) @ np.where(c >= 0, upper, lower))
    below = float(np.abs(c) @ np.where(c >= 0, lower, upper))
    reach = multiple * float(np.abs(c).sum())
    rows = [(path.weights - reach * largest) / above, (-path.weights - reach * largest) / below]
    slopes, least = [1 / above, -1 / below], np.inf
    if multiple > 0 and len(c) > 1:
        rows += [-2 * multiple * largest / both for both in upper + lower]
        slopes += [0.0] * len(c)
        least = float((upper + lower).min()) / (2 * multiple)
    matrix, both = np.stack(rows), np.stack([path.weights, largest])
    inequalities = Inequalities(matrix @ path.values, np.array(slopes), matrix @ path.covariance @ matrix.T)
    return _Side(inequalities, reach, above, below, least, both @ path.covariance @ both.T)


def _errors(path: EventPath, rows: Floats) -> Floats:
    squares = np.einsum("ij,jk,ik->i", rows, path.covariance, rows)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)), dtype=np.float64)
