"""From what decisions add to a value's error to its standard error, interval and p-value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.off_policy.importance_weights import Places
from impact_pipeline.stats.refusal import Refusal

IntervalName = Literal["normal", "empirical_bernstein"]


@dataclass(frozen=True, slots=True)
class ValueInterval:
    std_error: float
    lower: float
    upper: float
    p_value: float
    degrees_of_freedom: float


def value_interval(
    value: float, influence: Array, alpha: float, *, cluster: Places | None = None, name: IntervalName = "normal"
) -> ValueInterval | Refusal:
    """Errors by linearisation, of decisions or of clusters (labels 0, 1, ..) that are independent.

    `normal` takes Student's t with one less degree of freedom than independent parts. `empirical_bernstein` holds in
    samples of any size for parts within the range that was seen, `sqrt(2 V L / n) + 7 R L / (3 (n - 1))` with
    L = ln(4 / alpha) (Maurer, Pontil 2009), and is much wider.

    >>> found = value_interval(0.5, np.array([0.5, -0.5, 0.5, -0.5]), 0.05)
    >>> round(found.std_error, 4), found.degrees_of_freedom
    (0.2887, 3.0)
    """
    parts = influence if cluster is None else _by_cluster(influence, cluster)
    count = len(parts)
    if count < 2:
        return Refusal(
            "too_few_units", f"{count} independent decisions (or clusters) do not tell an error; 2 are the least"
        )
    variance = float(summed("i,i->", parts, parts)) / (count - 1)
    if not variance > 0:
        return Refusal("zero_variance", "all decisions that count have the same reward: there is no error to estimate")
    error = float(np.sqrt(variance / count))
    if name == "normal":
        half = float(quantile(1 - alpha / 2, count - 1.0)) * error
        p_value = float(2 * upper_tail(abs(value) / error, count - 1.0))
    else:
        spread = float(parts.max() - parts.min())
        half, p_value = _bernstein(alpha, variance, spread, count), _bernstein_p(abs(value), variance, spread, count)
    return ValueInterval(error, value - half, value + half, p_value, count - 1.0)


def _by_cluster(influence: Array, cluster: Places) -> Array:
    """Cluster totals scaled so that their mean has the value's error."""
    totals = np.bincount(cluster, weights=influence)
    totals = totals[np.bincount(cluster) > 0]
    return np.asarray(totals * (len(totals) / len(influence)), dtype=np.float64)


def _bernstein(alpha: float, variance: float, spread: float, count: int) -> float:
    logarithm = float(np.log(4 / alpha))
    return float(np.sqrt(2 * variance * logarithm / count) + 7 * spread * logarithm / (3 * (count - 1)))


def _bernstein_p(distance: float, variance: float, spread: float, count: int) -> float:
    """The alpha whose interval just reaches 0: a quadratic in the root of the logarithm."""
    a, b = 7 * spread / (3 * (count - 1)), float(np.sqrt(2 * variance / count))
    root = (np.sqrt(b**2 + 4 * a * distance) - b) / (2 * a)
    return float(min(1.0, 4 * np.exp(-(root**2))))
