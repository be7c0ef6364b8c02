"""Covariance of coefficients when errors are related within two crossed clusterings, such as users and days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.cluster_robust import clustered, covariance
from impact_pipeline.stats.least_squares import Array, Fit
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, slots=True, eq=False)
class TwoWayCovariance:
    """Covariance of the coefficients, (k, k), and the degrees of freedom of a t test on any of them."""

    covariance: Array
    degrees_of_freedom: float


def two_way(fit: Fit, first: ArrayLike, second: ArrayLike) -> TwoWayCovariance | Refusal:
    """`V_first + V_second - V_both`, each CR1 with its own number of clusters; `min(G_first, G_second) - 1` df.

    Needs many clusters each way: with few the sum may turn out negative, which is refused by the coefficient's name.
    Cameron, Gelbach, Miller (2011), Journal of Business and Economic Statistics 29; Petersen (2009), Review of
    Financial Studies 22.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> rng = np.random.default_rng(1)
    >>> fit = least_squares(np.column_stack([np.ones(40), rng.normal(size=40)]), rng.normal(size=40))
    >>> found = two_way(fit, np.repeat(np.arange(8), 5), np.tile(np.arange(5), 8))
    >>> found.covariance.shape, found.degrees_of_freedom
    ((2, 2), 4.0)
    """
    total, fewest = np.zeros((fit.k, fit.k)), fit.n
    for labels, sign in ((first, 1.0), (second, 1.0), (_both(first, second), -1.0)):
        rows = clustered(fit, labels)
        if isinstance(rows, Refusal):
            return rows
        total = total + sign * covariance(rows, "CR1")
        fewest = min(fewest, rows.count)
    if (np.diag(total) <= 0).any():
        name = fit.names[int(np.argmin(np.diag(total)))]
        return Refusal("too_few_clusters", f"the two-way variance of '{name}' is not above 0; cluster one way instead")
    return TwoWayCovariance(total, float(fewest - 1))


def _both(first: ArrayLike, second: ArrayLike) -> NDArray[np.intp]:
    """A label for each pair of labels."""
    one, other = (np.unique(np.asarray(labels), return_inverse=True)[1] for labels in (first, second))
    codes: NDArray[np.intp] = one * (other.max() + 1) + other
    return codes
