"""Covariance of coefficients when errors are related within clusters: CR0, CR1, CR2 and CR3, and Satterthwaite's df.

Clusters are independent of each other. The number of clusters is what counts: below about 40 take CR2 with
Satterthwaite's degrees of freedom, or the wild cluster bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.least_squares import FULL_LEVERAGE, Array, Fit, summed
from impact_pipeline.stats.refusal import Refusal

CovarianceName = Literal["CR0", "CR1", "CR2", "CR3"]

ROUNDING = 1e-8
"""Share of a combination's squared length that rounding may leave in a cluster's own direction."""
NOTHING_LEFT = 1e-12
"""Sums of errors below this share of the errors' length are rounding."""


@dataclass(frozen=True, eq=False)
class ClusteredFit:
    """A fit with its G clusters, in the order of their sorted labels; `starts` are their first rows in `order`."""

    fit: Fit
    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @property
    def count(self) -> int:
        return len(self.starts)

    @cached_property
    def scores(self) -> Array:
        """`Q_g' e_g` of each cluster's rows Q_g of the basis and residuals e_g, (G, k)."""
        return self._added((self.fit.basis * self.fit.residuals[:, None])[self.order])

    @cached_property
    def grams(self) -> Array:
        """`Q_g' Q_g`, (G, k, k); they add up to the identity."""
        rows = self.fit.basis[self.order]
        return np.stack([self._added(rows * rows[:, [j]]) for j in range(self.fit.k)], axis=1)

    @cached_property
    def axes(self) -> tuple[Array, Array]:
        """Of each gram its eigenvalues, (G, k), which are the cluster's leverages, and its directions, (G, k, k)."""
        leverages, directions = np.linalg.eigh(self.grams)
        return np.asarray(leverages, dtype=np.float64), np.asarray(directions, dtype=np.float64)

    def powers(self, power: float) -> Array:
        """`(I - Q_g' Q_g)^-power` as generalised inverses, (G, k, k).

        A direction that lies within one cluster, such as a cluster's own effect, gets 0 (Pustejovsky, Tipton 2018).
        """
        leverages, directions = self.axes
        left = np.where(1 - leverages > FULL_LEVERAGE, 1 - leverages, np.inf)
        return summed("gij,gkj->gik", directions * (left**-power)[:, None, :], directions)

    def _added(self, ordered: Array) -> Array:
        return np.asarray(np.add.reduceat(ordered, self.starts, axis=0), dtype=np.float64)


def clustered(fit: Fit, clusters: ArrayLike) -> ClusteredFit | Refusal:
    """The fit with a cluster label for each row, in the order of the rows; refused with fewer than two clusters.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> clustered(least_squares([[1.0], [1.0]], [1.0, 2.0]), ["a", "a"]).reason
    'too_few_clusters'
    """
    labels = np.asarray(clusters)
    if labels.shape != (fit.n,):
        raise ValueError(f"{fit.n} rows need as many cluster labels, found shape {labels.shape}")
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    if len(starts) < 2:
        return Refusal("too_few_clusters", f"all {fit.n} rows belong to one cluster; errors need at least two")
    return ClusteredFit(fit, order, starts)


def covariance(rows: ClusteredFit, name: CovarianceName) -> Array:
    """Covariance of the coefficients, (k, k), from the clusters' scores `x_g' A_g e_g`.

    CR0: A the identity (Liang, Zeger 1986). CR1: times `G / (G - 1) (n - 1) / (n - k)`, as Stata does. CR2:
    `A_g = (I - H_gg)^-1/2`, unbiased where errors are equal and independent (Bell, McCaffrey 2002). CR3:
    `A_g = (I - H_gg)^-1`, the jackknife over clusters without its factor (G - 1) / G.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> rows = clustered(least_squares([[1.0]] * 4, [1.0, 2.0, 3.0, 6.0]), ["a", "a", "b", "b"])
    >>> [round(float(covariance(rows, name)[0, 0]), 4) for name in ("CR0", "CR1", "CR2", "CR3")]
    [1.125, 2.25, 2.25, 4.5]
    """
    fit, groups = rows.fit, rows.count
    factor = groups / (groups - 1) * (fit.n - 1) / (fit.n - fit.k) if name == "CR1" else 1.0
    scores = rows.scores
    if name in ("CR2", "CR3"):
        scores = summed("gij,gj->gi", rows.powers(0.5 if name == "CR2" else 1.0), scores)
    return fit.from_basis(factor * summed("gi,gj->ij", scores, scores))


def satterthwaite(rows: ClusteredFit, contrast: ArrayLike) -> float:
    """Degrees of freedom of the CR2 variance of the combination `c b`: `2 E(V)^2 / var(V)`, were errors equal.

    `V = sum of (p_g' y)^2`, so they are `(tr M)^2 / tr(M^2)` with `M = (p_g' p_h)`. Pustejovsky, Tipton (2018), Journal
    of Business and Economic Statistics 36; Bell, McCaffrey (2002). Imbens, Kolesar (2016) put an estimated correlation
    within clusters in the place of independence.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> rows = clustered(least_squares([[1.0]] * 6, [1.0, 2.0, 3.0, 6.0, 1.0, 4.0]), [1, 1, 2, 2, 3, 3])
    >>> round(satterthwaite(rows, [1.0]), 6)
    2.0
    """
    within = summed("gij,j->gi", rows.powers(0.5), rows.fit.rotated(contrast))
    across = summed("gij,gj->gi", rows.grams, within)
    own, shared = summed("gi,gi->g", within, across), summed("gi,gi->g", across, across)
    gram = summed("gi,gj->ij", across, across)
    trace = float(np.sum(own - shared))
    return trace**2 / float(np.sum(own**2) - 2 * np.sum(own * shared) + np.sum(gram**2))


def rests_on_one_cluster(rows: ClusteredFit, contrast: ArrayLike) -> NDArray[np.bool_]:
    """For each cluster, whether it alone determines a part of the combination `c b`: no other one tells its error.

    True of the only cluster of an arm.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> fit = least_squares([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], [1.0, 2.0, 3.0, 6.0, 1.0])
    >>> rests_on_one_cluster(clustered(fit, ["a", "a", "b", "c", "c"]), [-1.0, 1.0]).tolist()
    [True, False, False]
    """
    leverages, directions = rows.axes
    turned = rows.fit.rotated(contrast)
    along = summed("gij,i->gj", directions, turned) ** 2
    own = np.sum(np.where(1 - leverages > FULL_LEVERAGE, 0.0, along), axis=1)
    found: NDArray[np.bool_] = own > ROUNDING * float(np.sum(turned**2))
    return found


def errors_cancel(rows: ClusteredFit, contrast: ArrayLike) -> bool:
    """Whether the errors of `c b` add up to 0 within every cluster, up to rounding: between clusters nothing varies.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> fit = least_squares(np.ones((4, 1)), [1.0, 3.0, 0.0, 4.0])
    >>> errors_cancel(clustered(fit, ["a", "a", "b", "b"]), [1.0])
    True
    """
    turned, residuals = rows.fit.rotated(contrast), rows.fit.residuals
    between = np.sum(summed("gi,i->g", rows.scores, turned) ** 2)
    return bool(between <= (NOTHING_LEFT**2) * np.sum(turned**2) * np.sum(residuals**2))


def contrast_refusal(rows: ClusteredFit, contrast: ArrayLike) -> Refusal | None:
    """Why clusters tell no error of the combination `c b`, or None.

    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> fit = least_squares(np.ones((4, 1)), [1.0, 3.0, 0.0, 4.0])
    >>> contrast_refusal(clustered(fit, ["a", "a", "b", "b"]), [1.0]).reason
    'zero_variance'
    """
    if rests_on_one_cluster(rows, contrast).any():
        return Refusal("too_few_clusters", "one cluster alone determines the effect; no other tells its error")
    if errors_cancel(rows, contrast):
        return Refusal("zero_variance", "errors cancel within every cluster: clusters do not vary")
    return None
