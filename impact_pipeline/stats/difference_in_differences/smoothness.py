"""How an effect stands if the difference of trends goes on as a line that bends by up to M a period."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.event_path import EventPath

Floats = NDArray[np.float64]

NEAR_ONE_SIDED = 6.0
"""Bias in standard errors from which the far side of a normal adds nothing to the critical value."""
HALVINGS = 40
WIDEST = 60


@dataclass(frozen=True, slots=True)
class SmoothInterval:
    """The estimate with the line through the effects before taken off, and its interval of fixed length."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class _Estimators:
    """`fixed + free x` are weights of effects for any x that take a line off; their bias is at most
    `bend (constant + sum of |x|)`."""

    fixed: Floats
    free: Floats
    constant: float


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
    choice = _estimators(path)
    weights = min(_candidates(path, choice, bend, alpha), key=lambda one: one[0])[1]
    half = _half_length(path, choice, weights, bend, alpha)
    value = float((choice.fixed + choice.free @ weights) @ path.values)
    return SmoothInterval(value, value - half, value + half)


def breakdown_bend(path: EventPath, alpha: float) -> float:
    """The largest bend at which the interval leaves out 0; 0 where a straight line already explains the effect.

    >>> path = EventPath(np.array([-1.0]), np.array([3.0]), np.diag([0.01, 0.01]), np.ones(1))
    >>> 1.5 < breakdown_bend(path, 0.05) < 2
    True
    """

    def holds(bend: float) -> bool:
        found = smooth_interval(path, bend, alpha)
        return found.lower > 0 or found.upper < 0

    if not holds(0.0):
        return 0.0
    low, high = 0.0, path.std_error
    for _ in range(WIDEST):
        if not holds(high):
            break
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _estimators(path: EventPath) -> _Estimators:
    """Weights of effects before, written by what they put on second differences there.

    A violation is a line plus the second differences e: s periods before, `sum over i < s of (s - i) e_-i`. The line's
    slope drops out if what falls on e_0 is what the target puts on a line; the others are free.
    """
    before, after = len(path.before), len(path.after)
    ahead = np.arange(1, after + 1)
    line = float(path.target @ ahead)
    distance = np.arange(before, 0, -1)
    onto = np.maximum(distance[None, :] - np.arange(before)[:, None], 0.0)
    back = np.linalg.inv(onto)
    bends = [float(path.target @ np.maximum(ahead - j, 0)) for j in range(1, after)]
    fixed = np.concatenate([back[:, 0] * line, path.target])
    free = np.concatenate([back[:, 1:], np.zeros((after, before - 1))])
    return _Estimators(fixed, free, abs(line) + float(np.abs(bends).sum()))


def _candidates(path: EventPath, choice: _Estimators, bend: float, alpha: float) -> list[tuple[float, Floats]]:
    """Half-lengths and free weights: the shortest on each straight piece of the path, and its ends."""
    from scipy.optimize import minimize_scalar

    square = choice.free.T @ path.covariance @ choice.free
    knots = lasso_path(square, choice.free.T @ path.covariance @ choice.fixed)
    found = [(_half_length(path, choice, x, bend, alpha), x) for x in knots]
    for left, right in pairwise(knots):

        def between(share: float, left: Floats = left, right: Floats = right) -> float:
            return _half_length(path, choice, left + share * (right - left), bend, alpha)

        best = minimize_scalar(between, bounds=(0, 1), method="bounded")
        found.append((float(best.fun), left + float(best.x) * (right - left)))
    return found


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


def _half_length(path: EventPath, choice: _Estimators, x: Floats, bend: float, alpha: float) -> float:
    weights = choice.fixed + choice.free @ x
    error = float(np.sqrt(weights @ path.covariance @ weights))
    bias = bend * (choice.constant + float(np.abs(x).sum()))
    return error * _critical_value(bias / error, alpha)


def _critical_value(bias: float, alpha: float) -> float:
    """`1 - alpha` quantile of |N(bias, 1)|."""
    from scipy.special import chndtrix, ndtri

    if bias > NEAR_ONE_SIDED:
        return bias + float(ndtri(1 - alpha))
    return float(np.sqrt(chndtrix(1 - alpha, 1.0, bias**2)))
