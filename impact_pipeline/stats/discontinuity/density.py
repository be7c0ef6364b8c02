"""Whether the density of a score jumps at the cut-off, as it does where units choose their side.

The density is the slope of a polynomial fitted to the empirical distribution function on each side, which needs no
bins. Cattaneo, Jansson, Ma (2020), Journal of the American Statistical Association 115, 1449-1455; bandwidths as in
Cattaneo, Jansson, Ma (2018), Stata Journal 18, 234-261.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact_pipeline.stats.discontinuity.kernels import KernelName, kernel_weights, rows_within
from impact_pipeline.stats.discontinuity.local_polynomial import polynomial, power_sums
from impact_pipeline.stats.discontinuity.sides import Floats
from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.least_squares import summed

Pair = tuple[float, float]
INFINITE = float("inf")


@dataclass(frozen=True, eq=False)
class ScoreSide:
    """One side of the score: its distinct distances, nearest first, and the `rows` of each.

    `share_below` is the share of the other rows, of the whole score's `total`, that lie at or below one.
    """

    direction: int
    distance: Floats
    share_below: Floats
    rows: Floats
    total: int

    def __len__(self) -> int:
        return len(self.distance)


@dataclass(frozen=True, eq=False)
class DistributionFit:
    """Coefficients of the distribution function in powers of the signed distance, and weights of its slope."""

    side: ScoreSide
    coefficients: Floats
    slope_weights: Floats

    @property
    def density(self) -> float:
        return float(self.coefficients[1])

    @cached_property
    def variance(self) -> float:
        """Of the density, by leaving rows out: `sum over rows of (weights of rows above it or equal)^2 / (n - 1)^2`.

        Weights add up to 0, so rows beyond the bandwidth and of the other side have none.
        """
        outwards = self.slope_weights[:: -self.side.direction]
        rows = self.side.rows[: len(outwards)][:: -self.side.direction]
        others = np.cumsum(outwards) - outwards / rows
        return float(np.sum(rows * others**2)) / (self.side.total - 1) ** 2


@dataclass(frozen=True, slots=True)
class DensityTest:
    """Densities of the whole score at the cut-off from the left and the right; the statistic is normal without a jump.

    `rows` are those within the bandwidths.
    """

    left: float
    right: float
    std_error: float
    bandwidths: Pair
    rows: tuple[int, int]

    @property
    def statistic(self) -> float:
        return (self.right - self.left) / self.std_error

    @property
    def p_value(self) -> float:
        """
        >>> round(DensityTest(0.02, 0.02, 0.003, (1.0, 1.0), (50, 50)).p_value, 6)
        1.0
        """
        return float(2 * upper_tail(abs(self.statistic), INFINITE))


def score_sides(score: Floats, cutoff: float, *, cutoff_is_right: bool = True) -> tuple[ScoreSide, ScoreSide]:
    """The score, split at the cut-off; rows exactly at it belong to the right unless said.

    >>> left, right = score_sides(np.array([3.0, 1.0, 3.0, -1.0, -2.0]), 0.0)
    >>> left.distance.tolist(), left.share_below.tolist(), right.share_below.tolist(), right.rows.tolist()
    ([1.0, 2.0], [0.25, 0.0], [0.5, 1.0], [1.0, 2.0])
    """
    values, counts = np.unique(score - cutoff, return_counts=True)
    last = np.cumsum(counts)
    share = (last - 1) / (len(score) - 1)
    border = int(np.searchsorted(values, 0.0, side="left" if cutoff_is_right else "right"))
    own = counts.astype(np.float64)
    left = ScoreSide(-1, -values[:border][::-1], share[:border][::-1], own[:border][::-1], len(score))
    return left, ScoreSide(1, values[border:], share[border:], own[border:], len(score))


def fit_distribution(side: ScoreSide, order: int, bandwidth: float, kernel: KernelName) -> DistributionFit:
    """Least squares of the distribution function within the bandwidth."""
    near = rows_within(side.distance, bandwidth, kernel)
    scaled = side.distance[:near] / bandwidth
    weights = kernel_weights(scaled, kernel) * side.rows[:near]
    scaled *= side.direction
    moments = power_sums(scaled, weights[None], 2 * order)[0]
    bread = np.linalg.inv(moments[np.arange(order + 1)[:, None] + np.arange(order + 1)])
    crossed = power_sums(scaled, (weights * side.share_below[:near])[None], order)[0]
    scales = bandwidth ** np.arange(order + 1)
    slopes = weights * polynomial(bread[1] / bandwidth, scaled)
    return DistributionFit(side, summed("ij,j->i", bread, crossed) / scales, slopes)


def density_test(
    sides: tuple[ScoreSide, ScoreSide], bandwidths: Pair, *, order: int = 2, kernel: KernelName = "triangular"
) -> DensityTest:
    """Tests for a jump by fits of the next higher order within bandwidths chosen for `order`: that frees it of bias.

    >>> score = np.concatenate([np.linspace(-1, -0.001, 1000), np.linspace(0, 1, 3000)])
    >>> density_test(score_sides(score, 0.0), (0.8, 0.8)).p_value < 0.001
    True
    """
    left, right = (
        fit_distribution(side, order + 1, width, kernel) for side, width in zip(sides, bandwidths, strict=True)
    )
    rows = tuple(int(np.sum(fit.side.rows[: len(fit.slope_weights)])) for fit in (left, right))
    error = float(np.sqrt(left.variance + right.variance))
    return DensityTest(left.density, right.density, error, bandwidths, (rows[0], rows[1]))
