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

GRID = 100
ZOOMS = 3
EXACT = 0.01
"""To which a breakdown value is told."""
MOST = 10.0
"""Multiples beyond which a breakdown value is not told."""
NODES = 32
FAR = 8.0
"""Standard errors beyond which a normal has nothing left."""
KINDS = 3
"""Of inequalities; those of one kind are multiples of each other."""
HALVINGS = 10


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
    tests = _inequalities(path, multiple, alpha)
    worst = float(np.abs(path.changes[: len(path.before)] @ path.values).max())
    far = FAR * path.std_error
    reach = far + multiple * float(np.abs(_sums_from_end(path)).sum()) * (worst + far)
    found = []
    for sign in (-1.0, 1.0):
        inside, outside = path.value, path.value + sign * reach
        for _ in range(ZOOMS):
            grid = np.linspace(inside, outside, GRID)
            kept = np.flatnonzero(~tests.rejected(grid, alpha).all(axis=0))
            last = int(kept[-1]) if len(kept) else 0
            inside, outside = grid[last], grid[min(last + 1, GRID - 1)]
        found.append(float(inside))
    return found[0], found[1]


def breakdown_multiple(path: EventPath, alpha: float) -> float:
    """The largest multiple at which the robust interval leaves out 0; 0 if none does, at most `MOST`.

    >>> path = EventPath(np.array([0.1]), np.array([2.0]), np.diag([0.01, 0.01]), np.ones(1))
    >>> 4 < breakdown_multiple(path, 0.05) < 10
    True
    """
    zero = np.zeros(1)

    def holds(multiple: float) -> bool:
        return bool(_inequalities(path, multiple, alpha).rejected(zero, alpha).all())

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
class _Sides:
    """Each change before, with each sign, as the largest one, v; all by side.

    With x the estimate's error: the target is not above by more than `reach v`, `(x - reach v) / above`; nor below,
    `(-x - reach v) / below`; and v is not below 0, `-v / least` being the largest of its statistics. `spread` is the
    covariance of x and v, (sides, 2, 2).
    """

    reach: float
    above: Floats
    below: Floats
    least: Floats
    spread: Floats

    def bounds(self, alpha: float) -> Floats:
        """What the largest statistic exceeds with chance `FIRST_SHARE alpha` where all means are 0."""
        share = FIRST_SHARE * alpha
        low, high = (float(quantile(1 - tail, np.inf)) * self._widest() for tail in (share, share / KINDS))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            short = self._chance(middle) < 1 - share
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return high

    def _widest(self) -> Floats:
        """The largest standard error of a side's statistics."""
        x, v, both = self.spread[:, 0, 0], self.spread[:, 1, 1], self.spread[:, 0, 1]
        upper = (x - 2 * self.reach * both + self.reach**2 * v) / self.above**2
        lower = (x + 2 * self.reach * both + self.reach**2 * v) / self.below**2
        return np.asarray(np.sqrt(np.maximum(np.maximum(upper, lower), v / self.least**2)), dtype=np.float64)

    def _chance(self, c: Floats) -> Floats:
        """That no statistic exceeds c, by quadrature over v."""
        from scipy.special import ndtr

        nodes, shares = _quadrature()
        root = np.sqrt(self.spread[:, 1, 1])
        slope = self.spread[:, 0, 1] / self.spread[:, 1, 1]
        rest = np.sqrt(np.maximum(self.spread[:, 0, 0] - slope * self.spread[:, 0, 1], 1e-12 * self.spread[:, 0, 0]))
        low = np.maximum(-FAR * root, -c * self.least)
        if self.reach:
            low = np.maximum(low, -c * (self.above + self.below) / (2 * self.reach))
        width = (FAR * root - low)[:, None]
        v = low[:, None] + (nodes + 1) / 2 * width
        density = np.exp(-0.5 * (v / root[:, None]) ** 2) / (root[:, None] * np.sqrt(2 * np.pi))
        top, bottom = (c * self.above)[:, None] + self.reach * v, -(c * self.below)[:, None] - self.reach * v
        inside = ndtr((top - slope[:, None] * v) / rest[:, None]) - ndtr((bottom - slope[:, None] * v) / rest[:, None])
        return np.asarray((density * np.maximum(inside, 0.0) * width / 2) @ shares, dtype=np.float64)


@cache
def _quadrature() -> tuple[Floats, Floats]:
    nodes, shares = np.polynomial.legendre.leggauss(NODES)
    return nodes, shares


def _sums_from_end(path: EventPath) -> Floats:
    """What a change of effects in each period after adds to the target."""
    return np.asarray(np.cumsum(path.target[::-1])[::-1], dtype=np.float64)


def _inequalities(path: EventPath, multiple: float, alpha: float) -> Inequalities:
    """The inequalities for each change before, with each sign, as the largest one.

    With u the changes of effects after, `target . after = sum of c u`, c the target's sums from the end. Each period
    asks `|change - u| <= multiple x largest`. Combinations of these that hold whatever u is, given the target: all
    periods' upper (or lower) ones weighed by c, and both of one period. They are scaled to sum to 1 by standard errors.
    """
    changes, c = path.changes, _sums_from_end(path)
    before, after = changes[: len(path.before)], changes[len(path.before) :]
    largest = np.concatenate([before, -before])
    own, shared = (np.einsum("ij,jk,ik->i", rows, path.covariance, rows) for rows in (after, multiple * largest))
    both = multiple * largest @ path.covariance @ after.T
    upper, lower = (np.sqrt(np.maximum(own + shared[:, None] - sign * 2 * both, 0.0)) for sign in (1, -1))
    above, below = (np.where(c * sign >= 0, upper, lower) @ np.abs(c) for sign in (1, -1))
    reach = multiple * float(np.abs(c).sum())
    stay = multiple > 0 and len(c) > 1
    least = (upper + lower).min(axis=1) / (2 * multiple) if stay else np.full(len(largest), np.inf)
    pairs = np.stack([np.broadcast_to(path.weights, largest.shape), largest], axis=1)
    spread = pairs @ path.covariance @ pairs.transpose(0, 2, 1)
    one = np.ones((len(largest), 1))
    scales = ((1, above[:, None, None]), (-1, below[:, None, None]))
    terms = [np.stack([sign * one, -reach * one], axis=2) / scale for sign, scale in scales]
    terms += [np.stack([0 * upper, -2 * multiple / (upper + lower)], axis=2)] if stay else []
    combined = np.concatenate(terms, axis=1)
    values = (combined @ (pairs @ path.values)[:, :, None])[:, :, 0]
    sides = _Sides(reach, above, below, least, spread)
    covariance = combined @ spread @ combined.transpose(0, 2, 1)
    return Inequalities(values, combined[:, :, 0], covariance, sides.bounds(alpha))
