"""Covariance of coefficients when errors are related over time: Newey-West, with rows of one period taken together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.least_squares import Array, Fit, summed


def newey_west(fit: Fit, periods: ArrayLike, lags: int) -> Array:
    """Covariance of the coefficients, (k, k), with Bartlett weights `1 - l / (lags + 1)` and the factor n / (n - k).

    Scores are summed within each period, whose labels sort by time (several units: Driscoll, Kraay 1998); neighbours
    are the periods that are there. Needs many periods, a small multiple of lags at least. Newey, West (1987),
    Econometrica 55.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> fit = least_squares(np.ones((6, 1)), [1.0, 2.0, 3.0, 3.0, 2.0, 1.0])
    >>> round(float(newey_west(fit, range(6), 0)[0, 0]), 4), round(float(newey_west(fit, range(6), 1)[0, 0]), 4)
    (0.1333, 0.1667)
    """
    order = np.argsort(np.asarray(periods), kind="stable")
    labels = np.asarray(periods)[order]
    starts = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))
    scores = np.add.reduceat((fit.basis * fit.residuals[:, None])[order], starts, axis=0)
    inner = summed("ti,tj->ij", scores, scores)
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        across = summed("ti,tj->ij", scores[lag:], scores[:-lag])
        inner = inner + (1 - lag / (lags + 1)) * (across + across.T)
    return fit.from_basis(fit.n / (fit.n - fit.k) * inner)


def usual_lags(periods: int) -> int:
    """`4 (T / 100)^(2/9)`, rounded down: Newey, West (1994), Review of Economic Studies 61.

    >>> [usual_lags(periods) for periods in (20, 100, 1000)]
    [2, 4, 6]
    """
    return int(4 * (periods / 100) ** (2 / 9))
