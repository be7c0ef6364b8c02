"""One step ahead: what each period brought that the periods before it did not foretell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.least_squares import Array

UNKNOWN = 1e8
"""Variance of a start of which nothing is known, in units of the irregular's."""


def innovations(outcome: ArrayLike, seen: ArrayLike, ratios: tuple[float, ...]) -> Array:
    """Prediction errors over their spreads, in units of the irregular's: white where the model is right, (periods,).

    NaN where nothing was seen and where the filter still learns the start: one period for the level (one ratio), two
    with a slope (two ratios). Kalman's filter; Durbin, Koopman (2012), chapters 2-5.

    >>> innovations([1.0, 2.0, 2.0], [1, 1, 1], (1.0,)).round(3).tolist()
    [nan, 0.577, 0.204]
    """
    level_step, slope_step = ratios[0] ** 2, ratios[1] ** 2 if len(ratios) > 1 else 0.0
    level, slope, learnt = 0.0, 0.0, 0
    p, q, r = UNKNOWN, 0.0, UNKNOWN if len(ratios) > 1 else 0.0
    found = []
    for value, is_seen in zip(np.asarray(outcome).tolist(), np.asarray(seen).tolist(), strict=True):
        error = float("nan")
        if is_seen:
            total = p + 1.0
            gap = value - level
            error = gap / total**0.5 if learnt >= len(ratios) else error
            level, slope = level + p / total * gap, slope + q / total * gap
            p, q, r = p / total, q / total, r - q * q / total
            learnt += 1
        level, p, q, r = level + slope, p + 2 * q + r + level_step, q + r, r + slope_step
        found.append(error)
    return np.array(found)
