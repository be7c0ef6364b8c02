"""How an effect stands if the difference of trends goes on as a line that bends by up to M a period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.event_path import EventPath

Floats = NDArray[np.float64]

NEAR_ONE_SIDED = 6.0
"""Bias in standard errors from which the far side of a normal adds nothing to the critical value."""
STEPS = 32
ZOOMS = 3
"""Looks along the path, each closer around the best of `STEPS` points a piece."""
EXACT = 1e-3
"""Share of itself to which a breakdown value is told."""


@dataclass(frozen=True, slots=True)
class SmoothInterval:
    """The estimate with the line through the effects before taken off, and its interval of fixed length."""

    value: float
    lower: float
    upper: float

    def keeps(self, effect: float) -> bool:
        """Whether 0 is left out, on the effect's side."""
        return self.lower > 0 if effect > 0 else self.upper < 0


def smooth_interval(path: EventPath, bend: float, alpha: float) -> SmoothInterval:
    """The shortest interval `w . effects +- h` that covers wherever second differences of violations are within +-bend.

    The bias of weights is `bend` times the sum of their sizes in second differences, so that variance against bias is
    a lasso, whose path is followed exactly; the half-length h is the `1 - alpha` quantile of |N(bias, variance)|.
    Rambachan, Roth (2023), section 4.1; Armstrong, Kolesar (2018), Econometrica 86.

    >>> path = EventPath(np.array([-1.0]), np.array([3.0]), np.diag([0.01, 0.01]), np.ones(1))
    >>> found = smooth_interval(path, 0.0, 0.05)
    >>> round(found.value, 9), round(found.upper - found.value, 3)
    (2.0, 0.277)
    """
    return _shortest(path, _frontier(path), bend, alpha)


def breakdown_bend(path: EventPath, alpha: float) -> float:
    """The largest bend at which the interval leaves out 0 on the effect's side; 0 where a straight line explains it.

    >>> path = EventPath(np.array([-1.0]), np.array([3.0]), np.diag([0.01, 0.01]), np.ones(1))
    >>> 1.5 < breakdown_bend(path, 0.05) < 2
    True
    """
    frontier = _frontier(path)

    def keeps(bend: float) -> bool:
        return _shortest(path, frontier, bend, alpha).keeps(path.value)

    if not keeps(0.0):
        return 0.0
    low, high = 0.0, path.std_error
    while keeps(high):
        low, high = high, 2 * high
    while high - low > EXACT * high:
        middle = (low + high) / 2
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low


@dataclass(frozen=True, eq=False)
class _Frontier:
    """Weights `fixed + free x` of effects at the corners x of the path, (corners, k). Whatever x is, a line drops out,
    and the bias is at most `bend (constant + sum of |x|)`."""

    fixed: Floats
    free: Floats
    constant: float
    corners: Floats

    def half_lengths(self, x: Floats, path: EventPath, bend: float, alpha: float) -> Floats:
        """Of the intervals of several x, (points, k)."""
        weights = self.fixed + x @ self.free.T
        errors = np.sqrt(np.einsum("ij,jk,ik->i", weights, path.covariance, weights))
        bias = bend * (self.constant + np.abs(x).sum(axis=1))
        return np.asarray(errors * _critical_values(bias / errors, alpha), dtype=np.float64)


def _frontier(path: EventPath) -> _Frontier:
    """Weights of effects before, written by what they put on second differences there.

    A violation is a line plus the second differences e: s periods before, `sum over i < s of (s - i) e_-i`. The line's
    slope drops out if what falls on e_0 is what the target puts on a line; the others are free.
    """
    before, after = len(path.before), len(path.after)
    ahead = np.arange(1, after + 1)
    line = float(path.target @ ahead)
    distance = np.arange(before, 0, -1)
    back = np.linalg.inv(np.maximum(distance[None, :] - np.arange(before)[:, None], 0.0))
    bends = [float(path.target @ np.maximum(ahead - j, 0)) for j in range(1, after)]
    fixed = np.concatenate([back[:, 0] * line, path.target])
    free = np.concatenate([back[:, 1:], np.zeros((after, before - 1))])
    corners = lasso_path(free.T @ path.covariance @ free, free.T @ path.covariance @ fixed)
    return _Frontier(fixed, free, abs(line) + float(np.abs(bends).sum()), np.stack(corners))


def _shortest(path: EventPath, frontier: _Frontier, bend: float, alpha: float) -> SmoothInterval:
    """By looking along the whole path, then closer around its best point."""
    corners = frontier.corners
    low, high = 0.0, float(len(corners) - 1)
    steps = STEPS * max(len(corners) - 1, 1)
    for _ in range(ZOOMS):
        along = np.linspace(low, high, steps + 1)
        points = _between(corners, along)
        halves = frontier.half_lengths(points, path, bend, alpha)
        place = int(np.argmin(halves))
        low, high, steps = float(along[max(place - 1, 0)]), float(along[min(place + 1, steps)]), STEPS
    half = float(halves[place])
    value = float((frontier.fixed + frontier.free @ points[place]) @ path.values)
    return SmoothInterval(value, value - half, value + half)


def _between(corners: Floats, along: Floats) -> Floats:
    """Points of the path, whose corners are at 0, 1, 2, .. along it."""
    left = np.minimum(along.astype(np.intp), max(len(corners) - 2, 0))
    right = np.minimum(left + 1, len(corners) - 1)
    return np.asarray(corners[left] + (along - left)[:, None] * (corners[right] - corners[left]), dtype=np.float64)


def lasso_path(square: Floats, linear: Floats) -> list[Floats]:
    """Corners of the path of `argmin of x'Qx / 2 + q'x + penalty sum |x|`, from x = 0 down to penalty 0.

    Osborne, Presnell, Turlach (2000), IMA Journal of Numerical Analysis 20.

    >>> [x.tolist() for x in lasso_path(np.eye(2), np.array([-2.0, 1.0]))]
    [[0.0, 0.0], [1.0, 0.0], [2.0, -1.0]]
    """
    k = len(linear)
    x, corners = np.zeros(k), [np.zeros(k)]
    if not k:
        return corners
    penalty = float(np.abs(linear).max())
    active = [int(np.abs(linear).argmax())]
    signs = -np.sign(linear)
    while penalty > 0:
        inverse = np.linalg.inv(square[np.ix_(active, active)])
        step = np.zeros(k)
        step[active] = inverse @ signs[active]
        slope = square @ step
        gradient = square @ x + linear
        drops = [(-x[j] / step[j], j) for j in active if x[j] * step[j] < 0]
        joins = [_joining(gradient[j], slope[j], penalty, j) for j in range(k) if j not in active]
        length, which = min([*drops, *joins, (penalty, -1)])
        x = x + length * step
        penalty -= length
        corners.append(x.copy())
        if which < 0:
            break
        if which in active:
            active.remove(which)
            x[which] = 0.0
        else:
            active.append(which)
            signs[which] = -np.sign((square @ x + linear)[which])
    return corners


def _joining(gradient: float, slope: float, penalty: float, j: int) -> tuple[float, int]:
    """How far the penalty falls until the gradient of an idle weight reaches it."""
    reached = [
        (penalty - side * gradient) / (1 + side * slope) for side in (1.0, -1.0) if abs(1 + side * slope) > 1e-14
    ]
    ahead = [length for length in reached if length > 1e-14 * penalty]
    return (min(ahead, default=np.inf), j)


def _critical_values(bias: Floats, alpha: float) -> Floats:
    """`1 - alpha` quantiles of |N(bias, 1)|."""
    from scipy.special import chndtrix, ndtri

    near = np.sqrt(chndtrix(1 - alpha, 1.0, np.minimum(bias, NEAR_ONE_SIDED) ** 2))
    return np.asarray(np.where(bias > NEAR_ONE_SIDED, bias + ndtri(1 - alpha), near), dtype=np.float64)
