"""Nearest units on several covariates at once, by Mahalanobis' or by scaled distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Places

Metric = Literal["mahalanobis", "inverse_variance"]
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Lists:
    """Asked unit i has the donors `donors[ends[i] - counts[i]:ends[i]]`, of `n` in all."""

    donors: Places
    counts: Places
    n: int

    @property
    def asked(self) -> Places:
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def means(self, values: Array) -> Array:
        """
        >>> Lists(np.array([0, 1]), np.array([2, 0]), 2).means(np.array([4.0, 2.0])).tolist()
        [3.0, nan]
        """
        sums = np.bincount(self.asked, values[self.donors], minlength=len(self.counts))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(sums / self.counts, dtype=np.float64)

    def uses(self, power: int, given: Array | None = None) -> Array:
        """
        >>> Lists(np.array([0, 1]), np.array([2, 0]), 2).uses(2).tolist()
        [0.25, 0.25]
        """
        each = np.ones(len(self.counts)) if given is None else given
        shares = each / np.maximum(self.counts, 1).astype(np.float64) ** power
        return np.asarray(np.bincount(self.donors, shares[self.asked], minlength=self.n), dtype=np.float64)


def whitened(covariates: Array, metric: Metric) -> Array | Refusal:
    """Coordinates in which plain distance is the metric's; spread is that of all units together.

    >>> found = whitened(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0], [2.0, 4.0]]), "inverse_variance")
    >>> found.round(6).tolist()[3]
    [1.732051, 1.732051]
    """
    if covariates.shape[1] == 0:
        return Refusal("not_identified", "there are no covariates to be near on; name those that treatment followed")
    spread = np.atleast_2d(np.cov(covariates, rowvar=False))
    if metric == "inverse_variance":
        spread = np.diag(np.diag(spread))
    try:
        root = np.linalg.cholesky(spread)
    except np.linalg.LinAlgError:
        return Refusal("collinear", "a covariate is constant or a combination of others: distances are not defined")
    return np.asarray(np.linalg.solve(root, covariates.T).T, dtype=np.float64)


def nearest_in_space(
    asked: Array, donors: Array, neighbours: int, *, tie: float = 0.0, caliper: float = np.inf
) -> Lists:
    """The nearest donors of each asked point, and all that are as near, as `nearest_on_score` does on one score.

    >>> found = nearest_in_space(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]), 1)
    >>> sorted(found.donors.tolist())
    [0, 1]
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(donors)
    reach, _ = tree.query(asked, k=[min(neighbours, len(donors))])
    radius = np.minimum(np.sqrt(reach[:, 0] ** 2 + tie), caliper) * (1 + ROUNDING) + ROUNDING**2
    found = tree.query_ball_point(asked, radius, return_sorted=True)
    counts = np.array([len(one) for one in found], dtype=np.intp)
    return Lists(np.concatenate([np.asarray(one, dtype=np.intp) for one in found]), counts, len(donors))
