"""Estimates of several studies as one: how much true effects vary between studies, and their mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from typing import Literal

import numpy as np

from impact_pipeline.stats.heterogeneity import Effect, Floats, TooFewEstimates, as_arrays, t_test, weighted_squares

Method = Literal["dersimonian_laird", "paule_mandel", "restricted_likelihood", "adjusted_likelihood"]

GRID = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 200)])
"""Shares of the largest possible variance between which peaks of the likelihood are looked for."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """The mean true effect with its two-sided interval and p-value against 0, and the variance of true effects."""

    value: float
    std_error: float
    lower: float
    upper: float
    p_value: float
    between_variance: float


def pooled(
    values: Sequence[float], std_errors: Sequence[float], level: float, method: Method = "restricted_likelihood"
) -> Pooled | TooFewEstimates:
    """Random-effects mean with the interval of Hartung and Knapp.

    With weights `w = 1 / (se^2 + tau^2)`: `mean = sum of w y / sum of w`, squared standard error
    `max(1, q) / sum of w` with `q = sum of w (y - mean)^2 / (k - 1)`, t with k - 1 degrees. Without the 1, an interval
    of studies that happen to agree would be narrower than their standard errors allow. Assumes independent studies.
    Hartung, Knapp (2001), Statistics in Medicine 20; Roever, Knapp, Friede (2015), BMC Medical Research Methodology 15.

    >>> found = pooled([0.02, 0.05, -0.01, 0.04], [0.01, 0.02, 0.01, 0.02], 0.95)
    >>> round(found.value, 4), round(found.lower, 4), round(found.upper, 4), round(found.between_variance, 6)
    (0.021, -0.0219, 0.064, 0.000508)
    """
    effects, variances = as_arrays(values, std_errors)
    if len(effects) <= _LEAST_DEGREES[method]:
        return TooFewEstimates(f"pooling needs {_LEAST_DEGREES[method] + 1} studies at least, found {len(effects)}")
    between = between_variance(values, std_errors, method)
    total, degrees = variances + between, len(effects) - 1
    std_error = sqrt(max(1.0, weighted_squares(effects, total) / degrees) / float(np.sum(1 / total)))
    found = t_test(Effect(_mean(effects, total), std_error, degrees), level)
    return Pooled(found.value, std_error, found.lower, found.upper, found.p_value, between)


def between_variance(
    values: Sequence[float],
    std_errors: Sequence[float],
    method: Method = "restricted_likelihood",
    mean: float | None = None,
) -> float:
    """`tau^2`, the variance of true effects between studies, 0 at least; around `mean` where it is known.

    DerSimonian-Laird solves `E[Q] = Q` once with weights `1 / se^2`, Paule-Mandel with `1 / (se^2 + tau^2)`; the
    restricted likelihood (the likelihood, where the mean is known) is maximised, or, adjusted, its product with tau^2:
    never 0 and on average too large, so that a prior with that variance is not too narrow. Needs two studies, for the
    adjusted likelihood four; one less where the mean is known.

    DerSimonian, Laird (1986), Controlled Clinical Trials 7; Paule, Mandel (1982), Journal of Research of the NBS 87;
    Viechtbauer (2005), Journal of Educational and Behavioral Statistics 30; Li, Lahiri (2010), Journal of Multivariate
    Analysis 101.

    >>> round(between_variance([0.0, 4.0, 8.0], [1.0, 1.0, 1.0], "paule_mandel"), 9)
    15.0
    """
    effects, variances = as_arrays(values, std_errors)
    if _degrees(effects, mean) < _LEAST_DEGREES[method]:
        raise ValueError(f"the variance between studies cannot be told from {len(effects)} of them")
    return _ESTIMATORS[method](effects, variances, mean)


def pooled_mean(values: Sequence[float], std_errors: Sequence[float], between: float) -> float:
    """`sum of w y / sum of w` with `w = 1 / (se^2 + between)`, the variance between studies given.

    >>> pooled_mean([0.0, 3.0], [1.0, 2.0], 2.0)
    1.0
    """
    effects, variances = as_arrays(values, std_errors)
    return _mean(effects, variances + between)


def _dersimonian_laird(effects: Floats, variances: Floats, mean: float | None) -> float:
    weights = 1 / variances
    excess = weighted_squares(effects, variances, mean) - _degrees(effects, mean)
    scale = np.sum(weights) - (np.sum(weights**2) / np.sum(weights) if mean is None else 0.0)
    return max(0.0, float(excess / scale))


def _paule_mandel(effects: Floats, variances: Floats, mean: float | None) -> float:
    def excess(between: float) -> float:
        return weighted_squares(effects, variances + between, mean) - _degrees(effects, mean)

    return _root(excess, 0.0, _largest(effects, mean))


def _restricted_likelihood(effects: Floats, variances: Floats, mean: float | None) -> float:
    return _highest_peak(
        lambda between: _slope(effects, variances + between, mean),
        lambda between: _log_likelihood(effects, variances + between, mean),
        _largest(effects, mean),
    )


def _adjusted_likelihood(effects: Floats, variances: Floats, mean: float | None) -> float:
    return _highest_peak(
        lambda between: between * _slope(effects, variances + between, mean) + 1,
        lambda between: _log_likelihood(effects, variances + between, mean) + log(between),
        12 * _largest(effects, mean) + 8 * float(np.max(variances)),
    )


def _highest_peak(slope: Callable[[float], float], height: Callable[[float], float], largest: float) -> float:
    """The highest of a likelihood's peaks, of which there may be several: where its slope falls through 0."""
    grid = (GRID * largest).tolist()
    rising = [slope(between) > 0 for between in grid]
    falls = [place for place, (here, beyond) in enumerate(pairwise(rising)) if here and not beyond]
    peaks = [_root(slope, grid[place], grid[place + 1]) for place in falls]
    return max(peaks if rising[0] else [0.0, *peaks], key=height)


def _log_likelihood(effects: Floats, total: Floats, mean: float | None) -> float:
    lost = np.log(np.sum(1 / total)) if mean is None else 0.0
    return -0.5 * float(np.sum(np.log(total)) + lost + weighted_squares(effects, total, mean))


def _slope(effects: Floats, total: Floats, mean: float | None) -> float:
    """Derivative of `_log_likelihood` by the variance between studies."""
    weights = 1 / total
    centre = _mean(effects, total) if mean is None else mean
    lost = float(weights @ weights / np.sum(weights)) if mean is None else 0.0
    return 0.5 * float(np.sum((weights * (effects - centre)) ** 2) - np.sum(weights) + lost)


def _root(decreasing: Callable[[float], float], lower: float, upper: float) -> float:
    """Where the function crosses 0 from above between the bounds; the lower bound where it starts at or below 0."""
    from scipy.optimize import brentq

    if decreasing(lower) <= 0:
        return lower
    width = upper - lower
    return lower + width * float(brentq(lambda share: decreasing(lower + share * width), 0.0, 1.0, xtol=1e-15))


def _largest(effects: Floats, mean: float | None) -> float:
    """The square of the effects' range: Paule-Mandel and the likelihood find no larger variance.

    The adjusted likelihood, with 3 degrees of freedom at least, none above 12 times that or 8 times any error's square.
    """
    reach = float(np.ptp(effects)) if mean is None else float(np.max(np.abs(effects - mean)))
    return reach**2


def _degrees(effects: Floats, mean: float | None) -> int:
    return len(effects) - (mean is None)


def _mean(effects: Floats, variances: Floats) -> float:
    weights = 1 / variances
    return float(weights @ effects / np.sum(weights))


_ESTIMATORS: dict[Method, Callable[[Floats, Floats, float | None], float]] = {
    "dersimonian_laird": _dersimonian_laird,
    "paule_mandel": _paule_mandel,
    "restricted_likelihood": _restricted_likelihood,
    "adjusted_likelihood": _adjusted_likelihood,
}

_LEAST_DEGREES: dict[Method, int] = {
    "dersimonian_laird": 1,
    "paule_mandel": 1,
    "restricted_likelihood": 1,
    "adjusted_likelihood": 3,
}
