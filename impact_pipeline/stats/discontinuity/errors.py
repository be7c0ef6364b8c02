"""The variance of a weighted sum of outcomes of one side: from neighbours, from residuals of the fit, or by cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from impact_pipeline.stats.discontinuity.local_polynomial import LocalFit
from impact_pipeline.stats.discontinuity.neighbours import Neighbours, neighbours_of
from impact_pipeline.stats.discontinuity.sides import Floats, Places, Side, Sides

ErrorsName = Literal["nearest_neighbour", "HC0", "HC1", "HC2", "HC3", "cluster", "cluster_by_side"]
SMALLEST_REST = 1e-10
"""A row whose leverage is this close to 1 has no residual of its own to scale."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How residuals are made.

    `nearest_neighbour` takes `matches` neighbours; HC0-HC3 residuals of the fit as they are, times `n / (n - k)`, over
    `1 - h` and over its square (as variances). Clustered ones are those of HC0 added up within clusters, and scaled by
    `small_sample`; `cluster_by_side` takes what a cluster has on the other side for another cluster.
    """

    name: ErrorsName = "nearest_neighbour"
    matches: int = 3

    @property
    def clustered(self) -> bool:
        return self.name in ("cluster", "cluster_by_side")


@dataclass(frozen=True, eq=False)
class SideErrors:
    """The errors of one side's rows."""

    side: Side
    errors: Errors

    @cached_property
    def neighbours(self) -> Neighbours:
        return neighbours_of(self.side, self.errors.matches)

    def residuals(self, fit: LocalFit, rows: int) -> Floats:
        """Residuals of the nearest `rows`, (k, rows), about the fit's line or about their neighbours."""
        if self.errors.name == "nearest_neighbour":
            return self.neighbours.residuals(rows)
        near = self.side.first(rows)
        found = near.columns - fit.fitted(near)
        if self.errors.name == "HC1":
            found *= np.sqrt(rows / (rows - fit.order - 1))
        elif self.errors.name in ("HC2", "HC3"):
            left = np.maximum(1 - fit.leverages(rows), SMALLEST_REST)
            found /= np.sqrt(left) if self.errors.name == "HC2" else left
        return found

    def variance(self, terms: Floats, coefficients: int) -> float:
        """Variance of the sum of `terms`, weight x residual of the nearest rows, by a fit of so many coefficients."""
        if not self.errors.clustered:
            return float(np.sum(terms**2))
        sums = cluster_sums(self.clusters(len(terms)), terms)
        return small_sample(len(terms), len(sums), coefficients) * float(np.sum(sums**2))

    def clusters(self, rows: int) -> Places:
        """Cluster of each of the nearest rows."""
        if self.side.cluster is None:
            raise ValueError("clustered errors need a cluster of each row")
        return self.side.cluster[:rows]


@dataclass(frozen=True, eq=False)
class CutoffErrors:
    """Both sides with one kind of errors; what is found once about neighbours serves every bandwidth."""

    left: SideErrors
    right: SideErrors

    def __len__(self) -> int:
        return len(self.left.side) + len(self.right.side)

    @property
    def errors(self) -> Errors:
        return self.left.errors

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.left.side, self.right.side

    @property
    def pair(self) -> tuple[SideErrors, SideErrors]:
        return self.left, self.right


def errors_of(sides: Sides, errors: Errors | None = None) -> CutoffErrors:
    """Errors of both sides, by default from three neighbours."""
    kind = Errors() if errors is None else errors
    return CutoffErrors(SideErrors(sides.left, kind), SideErrors(sides.right, kind))


def cluster_sums(clusters: Places, terms: Floats) -> Floats:
    """Sums by cluster, in the order of the clusters' numbers.

    >>> cluster_sums(np.array([7, 3, 7]), np.array([1.0, 2.0, 3.0])).tolist()
    [2.0, 4.0]
    """
    labels, place = np.unique(clusters, return_inverse=True)
    return np.bincount(place, weights=terms, minlength=len(labels)).astype(np.float64)


def small_sample(rows: int, clusters: int, coefficients: int) -> float:
    """`G / (G - 1) (n - 1) / (n - k)`, and no number with one cluster.

    >>> small_sample(11, 2, 1)
    2.0
    """
    if clusters < 2:
        return float("nan")
    return clusters / (clusters - 1) * (rows - 1) / (rows - coefficients)
