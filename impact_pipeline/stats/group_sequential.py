"""Bounds, intervals and p-values of a test with a number of planned looks.

A look is known by its information: the fraction of what is planned that is in, in practice of the planned units. Looks
are given in order; each has more information than the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from math import inf, isnan, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.alpha_spending import Spending
from impact_pipeline.stats.boundary_crossing import START, crossing, widths
from impact_pipeline.stats.moments import Real

TABLE_SIZE, TABLE_END = 40, 11.5
"""Entries of the table of many p-values below and above the normal quantile 1, and that of its smallest p-value."""
LEAST, FARTHEST = -3.0, 37.0
"""Quantiles of alpha between which a p-value is sought: one above .9987 is given as 1, statistics above 37 as 37."""


def bounds(information: Sequence[float], spent: Sequence[float], *, sides: Literal[1, 2] = 2) -> tuple[float, ...]:
    """The statistic to exceed at each look for the chance of an error so far to be `spent`, both sides together.

    Two-sided bounds are symmetric. A look that may spend nothing has no bound: inf. Lan, DeMets (1983), Biometrika 70.

    >>> [round(bound, 4) for bound in bounds([0.5, 1.0], [0.01, 0.05])]
    [2.5758, 2.0027]
    """
    paths, found = START, []
    for t, chance, width in zip(information, np.diff(spent, prepend=0.0) / sides, widths(information), strict=True):
        score = paths.score_with(chance, t)
        score = score if sides == 1 else max(0.0, score)
        found.append(score / sqrt(t))
        paths = paths.within(-inf if sides == 1 else -score, score, t, width)
    return tuple(found)


def spending_bounds(
    information: Sequence[float], spending: Spending, alpha: float, *, sides: Literal[1, 2] = 2
) -> tuple[float, ...]:
    """Bounds of looks at which alpha is spent as a spending function says; `alpha / sides` on each side.

    Looks need neither be evenly spaced nor known in advance, as long as their times do not depend on the effect seen.
    Past information 1 nothing is left to spend: the bound of a first look beyond spends the rest, later ones are inf.

    >>> from impact_pipeline.stats.alpha_spending import obrien_fleming
    >>> [round(bound, 3) for bound in spending_bounds([0.2, 0.4, 0.6, 0.8, 1.0], obrien_fleming, 0.05)]
    [4.877, 3.357, 2.68, 2.29, 2.031]
    """
    return _spending_bounds(tuple(information), spending, alpha, sides)


@lru_cache(maxsize=1024)
def _spending_bounds(
    information: tuple[float, ...], spending: Spending, alpha: float, sides: Literal[1, 2]
) -> tuple[float, ...]:
    return bounds(information, [sides * spending(t, alpha / sides) for t in information], sides=sides)


def critical_value(
    information: Sequence[float], spending: Spending, alpha: float, *, sides: Literal[1, 2] = 2
) -> float:
    """Of the last of the looks so far: `value +- critical_value * std_error` is the repeated confidence interval.

    Intervals of all looks cover together with chance `1 - alpha`, whether or not one stops at a bound. One-sided:
    `value - critical_value * std_error` or its mirror image. Jennison, Turnbull (1989), JRSS B 51.

    >>> from impact_pipeline.stats.alpha_spending import pocock
    >>> round(critical_value([0.25, 0.5], pocock, 0.05), 4)
    2.3675
    """
    return spending_bounds(information, spending, alpha, sides=sides)[-1]


def p_value(statistic: Real, information: Sequence[float], spending: Spending, *, sides: Literal[1, 2] = 2) -> Real:
    """The repeated p-value: the smallest alpha whose bound the statistic of the last of the looks so far reaches.

    `statistic` is `value / std_error`, in the direction tested where `sides=1`; elementwise. p <= alpha exactly when
    the interval of `critical_value` excludes 0; the smallest p of the looks so far is as valid as each. Needs bounds
    that fall as alpha grows, as those of the functions in `alpha_spending` do. Jennison, Turnbull (1984), Controlled
    Clinical Trials 5; Liu, Anderson (2008), JASA 103; Maurer, Bretz (2013), Statistics in Biopharmaceutical Research 5.

    >>> from impact_pipeline.stats.alpha_spending import obrien_fleming
    >>> round(p_value(2.031032, [0.2, 0.4, 0.6, 0.8, 1.0], obrien_fleming), 6)
    0.05
    """
    values = np.asarray(statistic, dtype=np.float64)
    found = [_p_value(float(value), tuple(information), spending, sides) for value in values.flat]
    return np.reshape(found, values.shape) if values.ndim else found[0]


def _p_value(statistic: float, information: tuple[float, ...], spending: Spending, sides: Literal[1, 2]) -> float:
    from scipy.optimize import brentq
    from scipy.special import ndtr

    if isnan(statistic):
        return statistic
    reached = min(statistic if sides == 1 else abs(statistic), FARTHEST)
    least = LEAST if sides == 1 else 0.0

    def level(quantile: float) -> float:
        return float(sides * ndtr(-quantile))

    @cache
    def missing(quantile: float) -> float:
        spent = [sides * spending(t, level(quantile) / sides) for t in information]
        return min(bounds(information, spent, sides=sides)[-1], FARTHEST + 1) - reached

    if reached <= least or missing(least) > 0:
        return 1.0
    return level(reached if missing(reached) <= 0 else brentq(missing, least, reached, xtol=1e-11))


def p_values(
    statistics: NDArray[np.float64],
    information: Sequence[float],
    spending: Spending,
    alpha: float,
    *,
    sides: Literal[1, 2] = 2,
) -> NDArray[np.float64]:
    """`p_value` of many statistics of one look, read from a table of bounds; `alpha` is one of its entries.

    Monotone interpolation of normal quantiles, so that p <= alpha still exactly when the interval at alpha excludes 0;
    elsewhere within 5e-4 of `p_value`, relative. Beyond the table, from 1e-30 on, p is its last entry.

    >>> from impact_pipeline.stats.alpha_spending import obrien_fleming
    >>> thirds = (1 / 3, 2 / 3, 1.0)
    >>> p_values(np.array([1.0, 3.0]), thirds, obrien_fleming, 0.05).round(4).tolist()
    [0.3809, 0.0028]
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.special import ndtr

    critical, quantiles = _table(tuple(information), spending, alpha, sides)
    reached = np.asarray(statistics if sides == 1 else np.abs(statistics), dtype=np.float64)
    if len(critical) < 2:
        return np.where(np.isnan(reached), np.nan, 1.0)
    inside = np.clip(np.nan_to_num(reached), critical[0], critical[-1])
    levels = sides * ndtr(-PchipInterpolator(critical, quantiles)(inside))
    return np.where(np.isnan(reached), np.nan, np.where(reached < critical[0], 1.0, levels))


@lru_cache(maxsize=512)
def _table(
    information: tuple[float, ...], spending: Spending, alpha: float, sides: Literal[1, 2]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the last look, rising, and the normal quantiles of the levels that they belong to."""
    from scipy.special import ndtr, ndtri

    low = LEAST if sides == 1 else 0.0
    wanted = np.unique(
        [*np.linspace(low, 1.0, TABLE_SIZE), *np.linspace(1.0, TABLE_END, TABLE_SIZE), -ndtri(alpha / sides)]
    )
    levels = sides * ndtr(-wanted)
    found = [
        bounds(information, [sides * spending(t, a / sides) for t in information], sides=sides)[-1] for a in levels
    ]
    critical = np.asarray(found)
    critical, wanted = critical[np.isfinite(critical)], wanted[np.isfinite(critical)]
    rising = np.diff(critical, prepend=-inf) > 0
    return critical[rising], wanted[rising]


def wang_tsiatis_bounds(looks: int, alpha: float, shape: float, *, sides: Literal[1, 2] = 2) -> tuple[float, ...]:
    """Bounds `C (k / looks)^(shape - 1/2)` of evenly spaced looks k; the last is C.

    Shape 1/2 is Pocock's (1977) constant bound, 0 is O'Brien and Fleming's (1979); shapes between lie between. All
    looks must be made as planned: otherwise spend alpha. Wang, Tsiatis (1987), Biometrics 43.

    >>> [round(bound, 3) for bound in wang_tsiatis_bounds(5, 0.05, 0.5)]
    [2.413, 2.413, 2.413, 2.413, 2.413]
    >>> [round(bound, 3) for bound in wang_tsiatis_bounds(5, 0.05, 0.0)]
    [4.562, 3.226, 2.634, 2.281, 2.04]
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    information = np.arange(1, looks + 1) / looks
    form = information ** (shape - 0.5)

    def excess(constant: float) -> float:
        found = crossing(information.tolist(), (constant * form).tolist(), sides=sides)
        return float(found.upper.sum() + found.lower.sum()) - alpha

    single, shared = (-float(ndtri(chance / sides)) for chance in (alpha, alpha / looks))
    constant = brentq(excess, single, shared / min(1.0, form.min()), xtol=1e-12) if looks > 1 else single
    return tuple((constant * form).tolist())
