"""How alike the units of a cluster are: what randomising whole clusters costs, learnt from clusters of the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.power import NoPlan

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusterSpread:
    """A sample's clusters: how many, how large, and how units vary within them and they between one another.

    `cv_of_sizes` is the standard deviation of sizes over their mean; `between` is 0 where clusters differ no more than
    chance groups would.
    """

    clusters: int
    mean_size: float
    cv_of_sizes: float
    within: float
    between: float

    @property
    def variance(self) -> float:
        """Of a unit drawn from a cluster drawn at random."""
        return self.within + self.between

    @property
    def icc(self) -> float:
        """The intra-cluster correlation: the share of the variance that lies between clusters."""
        return self.between / self.variance if self.variance > 0 else 0.0


def cluster_spread(sizes: Array, means: Array, squares_within: Array) -> ClusterSpread | NoPlan:
    """By analysis of variance, from each cluster's size, mean, and sum of squares around its mean.

    With G clusters of n_g units, N in all, `within = sum of squares_within / (N - G)` and
    `between = (sum n_g (mean_g - mean)^2 / (G - 1) - within) / n0`, `n0 = (N - sum n_g^2 / N) / (G - 1)`. Assumes that
    what sets clusters apart has one variance whatever their sizes. Donner (1986), International Statistical Review 54.

    >>> found = cluster_spread(np.array([2.0, 2.0]), np.array([1.0, 5.0]), np.array([2.0, 2.0]))
    >>> found.within, found.between, round(found.icc, 3)
    (2.0, 7.0, 0.778)
    """
    filled = sizes > 0
    sizes, means, squares_within = sizes[filled], means[filled], squares_within[filled]
    clusters, units = len(sizes), float(sizes.sum())
    if clusters < 2:
        return NoPlan(f"history has {clusters} cluster{'' if clusters == 1 else 's'}; two are the fewest that differ")
    if units <= clusters:
        return NoPlan(f"each of the {clusters} clusters of history has one unit: they are no clusters")
    within = float(squares_within.sum()) / (units - clusters)
    apart = float(sizes @ (means - sizes @ means / units) ** 2) / (clusters - 1)
    balanced_size = (units - float(sizes @ sizes) / units) / (clusters - 1)
    between = max(0.0, (apart - within) / balanced_size)
    return ClusterSpread(clusters, units / clusters, float(sizes.std() / sizes.mean()), within, between)
