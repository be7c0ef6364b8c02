"""Two arms given to whole clusters, from sums by cluster alone: the errors of `cluster_randomized` without its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.moments import Exact, Moments, Real, at_least_one, rounded
from impact_pipeline.stats.two_means import Contribution, TwoMeans, added, as_shape_of


@dataclass(frozen=True, slots=True)
class ClusterTotals:
    """One arm's clusters, the last axis of every array: units, and summed residuals of the outcome and of covariates.

    `mean` and `covariate_means` are those of the arm's units; residuals are taken from them.
    """

    units: Array
    mean: Real
    outcome: Array
    covariate_means: tuple[Real, ...] = ()
    covariates: tuple[Array, ...] = ()

    @property
    def all_units(self) -> Array:
        return np.asarray(self.units.sum(axis=-1), dtype=np.float64)

    @property
    def shares(self) -> Array:
        """Each cluster's share of the arm's units: its leverage."""
        return self.units / np.maximum(self.all_units, 1.0)[..., None]

    @property
    def count(self) -> NDArray[np.int64]:
        """Clusters with any unit."""
        return np.asarray((self.units > 0).sum(axis=-1), dtype=np.int64)


def totals_of(clusters: Moments, *, ratio: bool = False, covariates: bool = False) -> ClusterTotals:
    """From moments of the arm's clusters, the last axis of the arrays; a ratio is made linear around the arm's own.

    >>> from impact_pipeline.stats.moments import as_exact
    >>> found = totals_of(Moments(n=as_exact([2, 1]), y=as_exact([5, 4]), yy=as_exact([13, 16])))
    >>> float(found.mean), found.outcome.tolist()
    (3.0, [-1.0, 1.0])
    """
    arm = clusters.each(lambda sums: np.sum(sums, axis=-1))
    places = range(clusters.covariates if covariates else 0)
    mean, outcome = arm.mean("y"), _residuals(clusters.n, clusters.y, clusters.y_scale)
    if ratio:
        with np.errstate(divide="ignore", invalid="ignore"):
            per_unit = np.where(np.asarray(arm.mean("d")) == 0, np.nan, arm.mean("d"))
            mean = as_shape_of(mean, np.asarray(mean) / per_unit)
            under = _residuals(clusters.n, clusters.d, clusters.d_scale)
            outcome = (outcome - np.asarray(mean)[..., None] * under) / per_unit[..., None]
    return ClusterTotals(
        np.asarray(clusters.n, dtype=np.float64), mean, outcome, tuple(arm.mean("x", i) for i in places),
        tuple(_residuals(clusters.n, clusters.x[i], clusters.x_scales[i]) for i in places),
    )  # fmt: skip


def clustered_difference(treatment: ClusterTotals, control: ClusterTotals, slopes: Sequence[Real] = ()) -> TwoMeans:
    """Means over units, adjusted by known slopes to the covariates' means over both arms, with CR2 errors.

    With n_g units and summed residual e_g in cluster g of an arm with N units, the mean's variance is
    `sum of e_g^2 / (1 - n_g / N) / N^2`. Satterthwaite's degrees of freedom of the difference are, with w = n_g / N and
    `S = sum w^2 + (sum b)^2 - sum b^2`, `b = w^2 / (1 - w)`, `(1 / N_t + 1 / N_c)^2 / (S_t / N_t^2 + S_c / N_c^2)`.
    Bell, McCaffrey (2002), Survey Methodology 28; Pustejovsky, Tipton (2018), JBES 36.

    >>> from impact_pipeline.stats.moments import as_exact
    >>> treated = totals_of(Moments(n=as_exact([2, 2, 2]), y=as_exact([8, 10, 12]), yy=as_exact([34, 52, 74])))
    >>> others = totals_of(Moments(n=as_exact([2, 2, 2]), y=as_exact([4, 4, 6]), yy=as_exact([10, 8, 20])))
    >>> found = clustered_difference(treated, others)
    >>> error, degrees = found.error()
    >>> round(float(found.change), 4), round(float(error), 4), round(float(degrees), 4)
    (2.6667, 0.6667, 4.0)
    """
    n_t, n_c = treatment.all_units, control.all_units
    share = n_t / np.maximum(n_t + n_c, 1.0)
    means = zip(slopes, treatment.covariate_means, control.covariate_means, strict=True)
    gap = added(slope * (of_treatment - of_control) for slope, of_treatment, of_control in means)
    own_t, other_t, shared_t = _spreads(treatment, slopes, 1 - share, share)
    own_c, other_c, shared_c = _spreads(control, slopes, share, 1 - share)
    part = Contribution(own_t + other_c, own_c + other_t, shared_t + shared_c, _degrees(treatment, control))
    return TwoMeans(treatment.mean - (1 - share) * gap, control.mean + share * gap, (part,))


def _residuals(units: Exact, sums: Exact, scale: int) -> Array:
    """Each cluster's sum less its units times the arm's mean, rounded once."""
    counts, totals = np.asarray(units, dtype=object), np.asarray(sums, dtype=object)
    everyone, whole = (np.asarray(n.sum(axis=-1), dtype=object)[..., None] for n in (counts, totals))
    return np.asarray(rounded(totals * everyone - counts * whole) / (at_least_one(rounded(everyone)) * 10.0**scale))


def _spreads(
    arm: ClusterTotals, slopes: Sequence[Real], other_share: Array, own_share: Array
) -> tuple[Array, Array, Array]:
    """What an arm's clusters add to the variance of its own mean, of the other arm's, and to their covariance."""
    through = np.asarray(added(np.asarray(s)[..., None] * x for s, x in zip(slopes, arm.covariates, strict=True)))
    own = arm.outcome - other_share[..., None] * through
    other = own_share[..., None] * through
    left = np.where(arm.shares < 1, 1 - arm.shares, 1.0)
    weight = 1 / (left * np.maximum(arm.all_units, 1.0)[..., None] ** 2)
    return (own * own * weight).sum(-1), (other * other * weight).sum(-1), (own * other * weight).sum(-1)


def _degrees(treatment: ClusterTotals, control: ClusterTotals) -> Array:
    sizes = [np.maximum(arm.all_units, 1.0) for arm in (treatment, control)]
    top = (1 / sizes[0] + 1 / sizes[1]) ** 2
    parts = [_squared_trace(arm) / size**2 for arm, size in zip((treatment, control), sizes, strict=True)]
    trace = parts[0] + parts[1]
    return np.asarray(np.where(trace > 0, top, 1.0) / np.where(trace > 0, trace, 1.0))


def _squared_trace(arm: ClusterTotals) -> Array:
    w = arm.shares
    b = w * w / np.where(w < 1, 1 - w, 1.0)
    return np.asarray((w * w).sum(-1) + b.sum(-1) ** 2 - (b * b).sum(-1))
