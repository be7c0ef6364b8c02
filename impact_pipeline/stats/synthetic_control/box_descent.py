"""Minimising a function of few variables within a box, from its values and gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impact_pipeline.stats.synthetic_control.simplex import Floats

Valued = Callable[[Floats], tuple[float, Floats]]

ENOUGH_DESCENT = 1e-4
SMALLEST_STEP = 1e-8


def box_descent(
    function: Valued, start: Floats, lower: float, upper: float, *, most_steps: int = 100, least_gain: float = 1e-10
) -> tuple[Floats, float]:
    """A local minimum by projected quasi-Newton steps: BFGS on the variables that no bound holds.

    A step that lowers the value by less than the share `least_gain` of it is the last.
    Bertsekas (1982), SIAM Journal on Control and Optimization 20.

    >>> def bowl(x):
    ...     return float((x[0] - 3) ** 2 + (x[1] - x[0]) ** 2), np.array([2 * (2 * x[0] - x[1] - 3), 2 * (x[1] - x[0])])
    >>> point, value = box_descent(bowl, np.zeros(2), -1.0, 2.0)
    >>> point.round(6).tolist(), round(value, 6)
    ([2.0, 2.0], 1.0)
    """
    point, (value, slope) = start, function(start)
    inverse = _fresh(slope)
    for _ in range(most_steps):
        free = ~(((point <= lower) & (slope > 0)) | ((point >= upper) & (slope < 0)))
        if not free.any():
            break
        ahead = _direction(inverse, slope, free)
        moved = _searched(function, point, value, slope, ahead, (lower, upper))
        if moved is None:
            break
        new, new_value, new_slope = moved
        inverse = _updated(inverse, new - point, new_slope - slope)
        gain, point, value, slope = value - new_value, new, new_value, new_slope
        if gain <= least_gain * abs(value):
            break
    return point, value


def _fresh(slope: Floats) -> Floats:
    return np.eye(len(slope)) / max(float(np.linalg.norm(slope)), np.finfo(float).tiny)


def _direction(inverse: Floats, slope: Floats, free: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    ahead = np.zeros_like(slope)
    ahead[free] = -inverse[np.ix_(free, free)] @ slope[free]
    return ahead if ahead @ slope < 0 else np.where(free, -slope, 0.0)


def _searched(
    function: Valued, point: Floats, value: float, slope: Floats, ahead: Floats, bounds: tuple[float, float]
) -> tuple[Floats, float, Floats] | None:
    step = 1.0
    while step > SMALLEST_STEP:
        new = np.clip(point + step * ahead, *bounds)
        new_value, new_slope = function(new)
        if new_value <= value + ENOUGH_DESCENT * float(slope @ (new - point)) and (new != point).any():
            return new, new_value, new_slope
        step /= 4
    return None


def _updated(inverse: Floats, move: Floats, change: Floats) -> Floats:
    """BFGS; left as it is where the curvature along the move is not positive."""
    curvature = float(move @ change)
    if curvature <= 1e-12 * float(np.linalg.norm(move) * np.linalg.norm(change)):
        return inverse
    turned = inverse @ change
    gain = (1 + float(change @ turned) / curvature) / curvature
    crossed = np.outer(turned, move)
    return np.asarray(inverse + gain * np.outer(move, move) - (crossed + crossed.T) / curvature)
