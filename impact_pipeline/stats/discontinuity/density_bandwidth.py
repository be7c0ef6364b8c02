"""Bandwidths for the test of a density: those of least squared error, from preliminary ones by a normal score.

Cattaneo, Jansson, Ma (2018), Stata Journal 18, section 2.4; Cattaneo, Jansson, Ma (2020), Journal of the American
Statistical Association 115.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, factorial, pi, sqrt
from statistics import median

import numpy as np

from impact_pipeline.stats.discontinuity.density import Pair, ScoreSide, fit_distribution
from impact_pipeline.stats.discontinuity.kernels import KernelName
from impact_pipeline.stats.discontinuity.sides import Floats, Places

LEAST_ROWS = 20
"""Rows, and distinct scores, beyond the polynomial's coefficients that a bandwidth holds on each side."""


@dataclass(frozen=True, slots=True)
class DensityError:
    """`variance / (n h)` and the square of `bias h^order` are the squared error of a density."""

    variance: float
    bias: float


def density_bandwidths(
    sides: tuple[ScoreSide, ScoreSide],
    score: Floats,
    cutoff: float,
    *,
    order: int = 2,
    kernel: KernelName = "triangular",
) -> Pair:
    """Left and right: on each side the median of its own, that of the difference and that of the sum of densities."""
    least = max(_least(side, order) for side in sides)
    reach = max(float(side.distance[-1]) for side in sides)
    for_variance, for_bias = (max(min(width, reach), least) for width in _preliminary(score, cutoff, order))
    left, right = (_error(side, order, kernel, for_variance, for_bias) for side in sides)
    both = left.variance + right.variance
    common = [DensityError(both, right.bias - left.bias), DensityError(both, right.bias + left.bias)]
    widths = [median(_best(error, order, len(score)) for error in (own, *common)) for own in (left, right)]
    return max(min(widths[0], reach), least), max(min(widths[1], reach), least)


def _best(error: DensityError, order: int, rows: int) -> float:
    return float((error.variance / error.bias**2 / (2 * order * rows)) ** (1 / (2 * order + 1)))


def _error(side: ScoreSide, order: int, kernel: KernelName, for_variance: float, for_bias: float) -> DensityError:
    variance = fit_distribution(side, order, for_variance, kernel).variance * side.total * for_variance
    higher = fit_distribution(side, order + 2, for_bias, kernel).coefficients[order + 1]
    constant = limits(order, 1, kernel)[1] * side.direction**order
    return DensityError(variance, constant * float(higher))


def _least(side: ScoreSide, order: int) -> float:
    wanted = LEAST_ROWS + order + 1
    enough = int(np.searchsorted(np.cumsum(side.rows), wanted))
    return float(side.distance[min(max(enough, wanted - 1), len(side) - 1)])


def _preliminary(score: Floats, cutoff: float, order: int) -> Pair:
    """For variance and bias: the best ones for a normal score by a uniform kernel."""
    from numpy.polynomial.hermite_e import hermeval

    n, spread = len(score), float(np.std(score, ddof=1))
    at = (cutoff - float(np.mean(score))) / spread
    normal = exp(-(at**2) / 2) / sqrt(2 * pi)

    def ratio(degree: int, power: int) -> float:
        variance, bias = limits(degree, power, "uniform")
        derivative = float(hermeval(at, [0.0] * degree + [1.0])) * normal / factorial(degree + 1)
        return variance * normal / (bias * derivative) ** 2

    for_variance = spread * (ratio(order, 1) / (2 * order * n)) ** (1 / (2 * order + 1))
    for_bias = spread * ((2 * order + 1) / 4 * ratio(order + 2, order + 1) / n) ** (1 / (2 * order + 5))
    return for_variance, for_bias


def limits(order: int, power: int, kernel: KernelName) -> Pair:
    """At a boundary the limits of variance (times n h / density, of a uniform kernel) and bias of a coefficient.

    >>> [round(value, 6) for value in limits(1, 1, "uniform")]
    [1.2, 1.0]
    """
    places = np.arange(order + 1)
    powers = places[:, None] + places
    bread = np.linalg.inv(_kernel_moment(powers, kernel))
    bias = float((bread @ _kernel_moment(places + order + 1, kernel))[power])
    spread = 1 / ((places + 2) * (powers + 3)) + (1 / (places[:, None] + 2) - 1 / (powers + 3)) / (places + 1)
    return float((bread @ spread @ bread)[power, power]), bias


def _kernel_moment(power: Places, kernel: KernelName) -> Floats:
    """Integral of `K(u) u^power` from 0 to 1, K up to a factor."""
    if kernel == "triangular":
        return np.asarray(1 / ((power + 1) * (power + 2)))
    if kernel == "epanechnikov":
        return np.asarray(2 / ((power + 1) * (power + 3)))
    return np.asarray(1 / (power + 1.0))
