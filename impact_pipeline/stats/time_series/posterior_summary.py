"""What draws say of one number: mean, spread, interval and p-value, all from the same draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.least_squares import Array

LEAST_KURTOSIS = 0.05
"""Excess below which draws are taken as normal."""


@dataclass(frozen=True, slots=True)
class Summary:
    mean: float
    spread: float
    lower: float
    upper: float
    p_value: float


def summary(draws: ArrayLike, alpha: float) -> Summary:
    """The interval has `(n + 1) alpha / 2` draws, rounded down, at or beyond each bound.

    p is twice the smaller share of draws on a side of 0, with the observed one counted in, so that p <= alpha exactly
    where the interval leaves out 0.

    >>> found = summary(np.arange(1.0, 100.0), 0.1)
    >>> found.lower, found.upper, round(found.p_value, 2)
    (5.0, 95.0, 0.02)
    """
    values = np.sort(np.asarray(draws, dtype=np.float64))
    lower, upper = bounds(values[None, :], alpha)
    beyond = min(int((values <= 0).sum()), int((values >= 0).sum())) + 1
    p_value = min(1.0, 2 * beyond / (len(values) + 1))
    return Summary(float(values.mean()), float(values.std(ddof=1)), float(lower[0]), float(upper[0]), p_value)


def bounds(draws: Array, alpha: float) -> tuple[Array, Array]:
    """Lower and upper bound of each row of draws.

    >>> [bound.tolist() for bound in bounds(np.arange(1.0, 100.0)[None, :], 0.1)]
    [[5.0], [95.0]]
    """
    count = draws.shape[1]
    beyond = max(int(alpha / 2 * (count + 1) + 1e-9), 1)
    parts = np.partition(draws, (beyond - 1, count - beyond), axis=1)
    return parts[:, beyond - 1], parts[:, count - beyond]


def far_p_value(draws: ArrayLike) -> float:
    """Two-sided p-value of 0 beyond the reach of the draws: Student's t of their mean, spread and kurtosis.

    A mixture over spreads has fatter tails than the normal; t of d degrees of freedom has excess kurtosis 6 / (d - 4).

    >>> far_p_value(3 + np.random.default_rng(0).normal(size=4000)) < 0.01
    True
    """
    values = np.asarray(draws, dtype=np.float64)
    centred = values - values.mean()
    variance = float(np.mean(centred**2))
    excess = float(np.mean(centred**4)) / variance**2 - 3
    degrees = 4 + 6 / excess if excess > LEAST_KURTOSIS else float("inf")
    narrower = 1.0 if np.isinf(degrees) else float(np.sqrt((degrees - 2) / degrees))
    statistic = abs(float(values.mean())) / (float(np.sqrt(variance)) * narrower)
    return float(2 * upper_tail(statistic, degrees))
