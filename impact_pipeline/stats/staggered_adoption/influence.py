"""What each unit contributes to the error of a set of estimates: from it come all covariances.

Contributions add up over units to the estimates' error, so that their covariance is the sum of outer products over
independent units, or over clusters of their sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.samples.panel import Places
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts


class Influence(Protocol):
    """Contributions of n units to K estimates."""

    def covariance(self) -> Array:
        """(K, K); with clusters times `C / (C - 1)` for their number C."""

    def of(self, gradient: Array) -> Array:
        """Contributions to the combination `gradient @ estimates`, (n,)."""


@dataclass(frozen=True, eq=False)
class LinearInfluence:
    """Contributions that are linear in a unit's own errors, with coefficients that its cohort shares.

    `features` are (n, F) in the order of `cohorts`, `coefficients` (cohorts, F, K). Nothing of size (n, K) is made.
    """

    cohorts: Cohorts
    features: Array
    coefficients: Array

    def covariance(self) -> Array:
        """
        >>> two = Cohorts(("1",), np.arange(4), np.array([0, 0, 1, 1]), np.zeros((4, 1)), np.ones(4))
        >>> errors = np.array([[-1.0], [1.0], [-2.0], [2.0]])
        >>> LinearInfluence(two, errors, np.array([[[0.5]], [[-0.5]]])).covariance().tolist()
        [[2.5]]
        """
        found = np.zeros((self.coefficients.shape[2],) * 2)
        if self.cohorts.cluster is not None:
            return self._clustered(found)
        for rows, into in zip(self.cohorts.rows, self.coefficients, strict=True):
            gram = _gram(np.ascontiguousarray(self.features[rows].T))
            found += summed("fj,fk->jk", into, summed("fg,gk->fk", gram, into))
        return found

    def of(self, gradient: Array) -> Array:
        parts = zip(self.cohorts.rows, self.coefficients, strict=True)
        return np.concatenate([self.features[rows] @ (into @ gradient) for rows, into in parts])

    def _clustered(self, found: Array) -> Array:
        """By cluster the sums of its parts in each cohort; parts are few where clusters are whole cohorts' units."""
        sums = np.zeros((self.cohorts.cluster_count, len(found)))
        for rows, into in zip(self.cohorts.rows, self.coefficients, strict=True):
            clusters, place = np.unique(self.cohorts.clusters[rows], return_inverse=True)
            added = _added(self.features[rows], place, len(clusters))
            sums[clusters] += summed("cf,fk->ck", added, into)
        return _gram(np.ascontiguousarray(sums.T)) * _few(self.cohorts)


@dataclass(frozen=True, eq=False)
class UnitInfluence:
    """Contributions written out, (K, n)."""

    cohorts: Cohorts
    contributions: Array

    def covariance(self) -> Array:
        if self.cohorts.cluster is None:
            return _gram(self.contributions)
        added = _added(self.contributions.T, self.cohorts.clusters, self.cohorts.cluster_count)
        return _gram(np.ascontiguousarray(added.T)) * _few(self.cohorts)

    def of(self, gradient: Array) -> Array:
        return summed("k,kn->n", gradient, self.contributions)


def _gram(rows: Array) -> Array:
    """Products of all pairs of rows, (K, K)."""
    return summed("in,jn->ij", rows, rows)


def _added(values: Array, place: Places, count: int) -> Array:
    """Sums of the rows of each place, (count, F)."""
    return np.stack([np.bincount(place, column, count) for column in values.T], axis=1)


def _few(cohorts: Cohorts) -> float:
    return cohorts.cluster_count / (cohorts.cluster_count - 1)
