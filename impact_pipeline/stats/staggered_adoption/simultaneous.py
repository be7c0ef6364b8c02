"""Bands that hold for all points of a curve at once."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed


def critical_value(covariance: Array, alpha: float, draws: int, rng: np.random.Generator) -> float:
    """The `1 - alpha` quantile of the largest |t| among points with this covariance of their errors.

    This is the multiplier bootstrap with standard normal multipliers of each unit's (cluster's) contributions: given
    the data, their sums are normal with just this covariance, so that they are drawn at once. Callaway, Sant'Anna
    (2021), section 4.1; Montiel Olea, Plagborg-Moller (2019), Journal of Applied Econometrics 34. Points without
    error take no part.

    >>> round(critical_value(np.eye(1), 0.05, 100_000, np.random.default_rng(1)), 2)
    1.95
    """
    lengths, axes = np.linalg.eigh(covariance)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    points = errors > 0
    root = axes * np.sqrt(np.maximum(lengths, 0.0))
    normal = rng.standard_normal((draws, len(lengths)))
    largest = np.abs(summed("dk,pk->dp", normal, root[points] / errors[points, None])).max(axis=1)
    return float(np.quantile(largest, 1 - alpha))
