"""Covariance of coefficients when errors are related over time: Newey-West, with rows of one period taken together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    order, starts = _by_period(periods)
    scores = np.add.reduceat((fit.basis * fit.residuals[:, None])[order], starts, axis=0)
    inner = summed("ti,tj->ij", scores, scores)
    for lag, weight in _bartlett(lags, len(scores)):
        across = summed("ti,tj->ij", scores[lag:], scores[:-lag])
        inner = inner + weight * (across + across.T)
    return fit.from_basis(fit.n / (fit.n - fit.k) * inner)


def small_sample(fit: Fit, periods: ArrayLike, lags: int, contrast: ArrayLike) -> tuple[float, float]:
    """What Newey-West's variance of `c b` is on average, as a share of the true one, and its degrees of freedom.

    Both were errors independent and equal, as Bell and McCaffrey (2002) do for clusters: the variance is a quadratic
    form `e' A e` of errors, with mean `tr A` and `(tr A)^2 / tr(A A)` degrees of freedom (Satterthwaite). With few
    periods the share falls short of 1 and a t test without it rejects too often.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> fit = least_squares(np.ones((12, 1)), np.arange(12.0) % 5)
    >>> [round(number, 3) for lags in (0, 3) for number in small_sample(fit, range(12), lags, [1.0])]
    [1.0, 11.0, 0.765, 4.155]
    """
    order, starts = _by_period(periods)
    turned = fit.rotated(contrast)
    pull = summed("ij,j->i", fit.basis, turned)
    own = np.add.reduceat((pull**2)[order], starts)
    through = np.add.reduceat((fit.basis * pull[:, None])[order], starts, axis=0)
    spread = np.diag(own) - summed("ti,si->ts", through, through)
    weighted = spread.copy()
    for lag, weight in _bartlett(lags, len(own)):
        weighted[lag:] += weight * spread[:-lag]
        weighted[:-lag] += weight * spread[lag:]
    mean = float(np.trace(weighted))
    share = fit.n / (fit.n - fit.k) * mean / float(np.sum(turned**2))
    return share, mean**2 / float(np.sum(weighted * weighted.T))


def _by_period(periods: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows in the order of their periods, and the first row of each period in it."""
    order = np.argsort(np.asarray(periods), kind="stable")
    labels = np.asarray(periods)[order]
    return order, np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))


def _bartlett(lags: int, periods: int) -> list[tuple[int, float]]:
    return [(lag, 1 - lag / (lags + 1)) for lag in range(1, min(lags, periods - 1) + 1)]


def usual_lags(periods: int) -> int:
    """`4 (T / 100)^(2/9)`, rounded down: Newey, West (1994), Review of Economic Studies 61.

    >>> [usual_lags(periods) for periods in (20, 100, 1000)]
    [2, 4, 6]
    """
    return int(4 * (periods / 100) ** (2 / 9))
