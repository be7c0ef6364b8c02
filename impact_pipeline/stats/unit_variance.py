"""How much one unit's outcome varies, by kind of metric: what a plan's standard errors are made from."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64], float | NDArray[np.float64])


def proportion_variance(share: Number) -> Number:
    """`p (1 - p)`, of an outcome that is 0 or 1.

    >>> proportion_variance(0.5)
    0.25
    """
    return share * (1 - share)


def ratio_unit_variance(
    numerator_mean: Number,
    denominator_mean: Number,
    numerator_variance: Number,
    denominator_variance: Number,
    covariance: Number,
) -> Number:
    """Of a ratio of sums, per unit: `(s_yy - 2 R s_yd + R^2 s_dd) / dbar^2` with `R = ybar / dbar`.

    A unit is what is randomised. With clusters as units, y their sums and d their sizes, it is the variance of a mean
    of clustered outcomes per cluster, whatever the sizes; needs no ICC. Deng, Knoblich, Lu (2018), KDD.

    >>> ratio_unit_variance(1.0, 2.0, 3.0, 4.0, 1.0)
    0.75
    """
    ratio = numerator_mean / denominator_mean
    spread = numerator_variance - 2 * ratio * covariance + ratio**2 * denominator_variance
    return spread / denominator_mean**2


def quantile_variance(indicator_variance: Number, density: Number) -> Number:
    """Of a quantile, per unit: the variance of 'the outcome is below it', over the squared density there.

    The indicator's variance is `p (1 - p)` for one outcome a unit, and `ratio_unit_variance` of (events below, events)
    for a quantile of events. The density is per unit of the outcome. Deng, Knoblich, Lu (2018), KDD.

    >>> quantile_variance(proportion_variance(0.5), 0.25)
    4.0
    """
    return indicator_variance / density**2


def cuped_variance(variance: Number, correlation: Number) -> Number:
    """What a covariate of this correlation with the outcome leaves of its variance: `s^2 (1 - rho^2)`.

    For a ratio the outcome is the linearised one. Deng, Xu, Kohavi, Walker (2013), WSDM, equation (4).

    >>> cuped_variance(100.0, 0.6)
    64.0
    """
    return variance * (1 - correlation**2)


def design_effect(cluster_size: Number, icc: Number, cv_of_sizes: float = 0.0) -> Number:
    """By what randomising clusters multiplies the variance of units: `1 + ((1 + cv^2) m - 1) ICC`.

    `m` is the mean size, `cv` the sizes' standard deviation over it. Kish (1965), Survey Sampling; for unequal sizes
    Eldridge, Ashby, Kerry (2006), International Journal of Epidemiology 35.

    >>> design_effect(21.0, 0.05)
    2.0
    """
    return 1 + ((1 + cv_of_sizes**2) * cluster_size - 1) * icc


def implied_unit_variance(std_error: Number, units: Number) -> Number:
    """`n se^2`: of any method with a standard error of one arm's number, as read from n units of history.

    >>> implied_unit_variance(0.5, 400.0)
    100.0
    """
    return units * std_error**2
