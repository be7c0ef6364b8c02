"""Whether treated and untreated units moved alike before the change, and which trend the test would have missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.event_study import EventStudy

Floats = NDArray[np.float64]

POWER = 0.8


@dataclass(frozen=True, slots=True)
class PreTrends:
    """A joint test of q leads, and the slope per period of a straight violation that it finds with 80 % power.

    `statistic` is `b' V^-1 b`; `p_value` is Hotelling's, with the leads' degrees of freedom.
    """

    leads: int
    statistic: float
    p_value: float
    slope: float


def pre_trends(study: EventStudy, alpha: float) -> PreTrends | None:
    """None without leads, and where so few clusters are left that no joint test exists.

    `T^2 (m - q + 1) / (m q)` is F with q and `m - q + 1` degrees of freedom, m those of the leads' errors (the least
    among them). The slope: Roth (2022), American Economic Review: Insights 4, for the joint test.

    >>> from impact_pipeline.stats.difference_in_differences.eligible import eligible
    >>> from impact_pipeline.stats.difference_in_differences.event_study import event_study
    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> y = np.random.default_rng(1).normal(size=(12, 4)).ravel()
    >>> treated = np.repeat(np.arange(12) < 6, 4) & np.tile(np.arange(4) == 3, 12)
    >>> panel = panel_of(np.repeat(np.arange(12), 4), np.tile(np.arange(4), 12), y, treated)
    >>> pre_trends(event_study(eligible(panel), "CR1"), 0.05).leads
    2
    """
    places = study.leads
    q = len(places)
    if not q:
        return None
    degrees = float(study.degrees_of_freedom[places].min())
    rest = degrees - q + 1
    values, spread = study.values[places], study.covariance[np.ix_(places, places)]
    if rest <= 1 or np.linalg.matrix_rank(spread, hermitian=True) < q:
        return None
    factor = rest / (degrees * q)
    statistic = float(values @ np.linalg.solve(spread, values))
    line = np.array(study.times, dtype=np.float64)[places] - study.reference
    found = noncentrality(q, rest, alpha) / float(line @ np.linalg.solve(spread, line))
    return PreTrends(q, statistic, _f_tail(statistic * factor, q, rest), float(np.sqrt(found)))


def noncentrality(q: int, rest: float, alpha: float, power: float = POWER) -> float:
    """That of an F with q and `rest` degrees of freedom that is found at alpha with the power.

    >>> round(noncentrality(1, 1e9, 0.05) ** 0.5, 3)
    2.802
    """
    from scipy.optimize import brentq
    from scipy.special import fdtri, ncfdtr

    bound = float(fdtri(q, rest, 1 - alpha))
    high = 1.0
    while float(ncfdtr(q, rest, high, bound)) > 1 - power:
        high *= 2
    return float(brentq(lambda value: ncfdtr(q, rest, value, bound) - (1 - power), 0.0, high, xtol=1e-10))


def _f_tail(statistic: float, q: int, rest: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(q, rest, statistic))
