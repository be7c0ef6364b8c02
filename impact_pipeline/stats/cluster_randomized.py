"""Two arms given to whole clusters (regions, stores, schools): means whose error counts clusters and not rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.cluster_robust import clustered, contrast_refusal, covariance, satterthwaite
from impact_pipeline.stats.least_squares import Array, least_squares
from impact_pipeline.stats.refusal import Refusal, RefusalReason
from impact_pipeline.stats.two_means import Contribution, TwoMeans

LEAST_CLUSTERS = 2
"""Clusters of an arm without which its error is unknown."""
COMFORTABLE_CLUSTERS = 5
"""Clusters of an arm below which the result carries a warning."""
LEAST_DEGREES_OF_FREEDOM = 4.0
"""Below these the t approximation is rough: Tipton (2015), Psychological Methods 20."""

CONTRAST = np.array([1.0, -1.0])


@dataclass(frozen=True, slots=True)
class ClusteredMeans:
    """Means of the two arms over rows, how many clusters each has, and what a reader should know of the error."""

    means: TwoMeans
    treated_clusters: int
    control_clusters: int
    notes: tuple[str, ...]


def clustered_means(
    outcome: ArrayLike,
    treated: ArrayLike,
    clusters: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    names: Sequence[str] = (),
) -> ClusteredMeans | Refusal:
    """Least-squares means of the arms at the covariates' mean, with CR2 covariance and Satterthwaite's df.

    Each row counts once, so a cluster counts by its rows; give one row for each cluster (its mean) to have clusters
    count alike. Without covariates and with one row for each cluster this is Welch's variance. Refused with fewer than
    two clusters in an arm. Bell, McCaffrey (2002); Pustejovsky, Tipton (2018).

    >>> region = np.repeat(["a", "b", "c", "d", "e", "f"], 2)
    >>> found = clustered_means([3, 5, 4, 6, 5, 7, 1, 3, 2, 2, 4, 2], np.repeat([1, 0], 6), region)
    >>> round(found.means.change, 6), found.treated_clusters, found.notes[0]
    (2.666667, 3, 'only 3 clusters in treatment and 3 in control; 5 or more in each are advised')
    """
    given = np.asarray(treated, dtype=np.float64).astype(bool)
    labels = np.asarray(clusters)
    counts = _clusters_per_arm(given, labels)
    if isinstance(counts, Refusal):
        return counts
    x = _centred(covariates, len(given))
    called = ("treatment", "control", *(names or [f"x{j}" for j in range(x.shape[1])]))
    fit = least_squares(np.column_stack([given, ~given, x]), outcome, names=called)
    if isinstance(fit, Refusal):
        return fit
    rows = clustered(fit, labels)
    if isinstance(rows, Refusal):
        return rows
    contrast = np.concatenate([CONTRAST, np.zeros(x.shape[1])])
    if refusal := contrast_refusal(rows, contrast):
        return refusal
    found = covariance(rows, "CR2")
    degrees = satterthwaite(rows, contrast)
    part = Contribution(float(found[0, 0]), float(found[1, 1]), float(found[0, 1]), degrees)
    means = TwoMeans(float(fit.coefficients[0]), float(fit.coefficients[1]), (part,))
    return ClusteredMeans(means, *counts, cluster_notes(*counts, degrees))


def _clusters_per_arm(treated: NDArray[np.bool_], labels: NDArray[np.generic]) -> tuple[int, int] | Refusal:
    of_treatment, of_control = np.unique(labels[treated]), np.unique(labels[~treated])
    if len(both := np.intersect1d(of_treatment, of_control)):
        return Refusal(
            "mixed_clusters", f"clusters with both arms: {len(both)}, such as '{both[0]}'; give each one arm"
        )
    for arm, found in (("treatment", of_treatment), ("control", of_control)):
        if len(found) < LEAST_CLUSTERS:
            reason: RefusalReason = "too_few_clusters" if len(found) else "empty_arm"
            detail = (
                f"'{arm}' has {len(found)} cluster{'s' * (len(found) != 1)}; its error needs at least {LEAST_CLUSTERS}"
            )
            return Refusal(reason, detail)
    return len(of_treatment), len(of_control)


def _centred(covariates: ArrayLike | None, rows: int) -> Array:
    if covariates is None:
        return np.zeros((rows, 0))
    x = np.asarray(covariates, dtype=np.float64).reshape(rows, -1)
    return np.asarray(x - x.mean(axis=0), dtype=np.float64)


def cluster_notes(treated: int, control: int, degrees: float) -> tuple[str, ...]:
    """What a reader should know of an error that rests on so few clusters; nothing where they are enough.

    >>> cluster_notes(12, 3, 9.5)
    ('only 12 clusters in treatment and 3 in control; 5 or more in each are advised',)
    """
    notes = []
    if min(treated, control) < COMFORTABLE_CLUSTERS:
        counts = f"only {treated} clusters in treatment and {control} in control"
        notes.append(f"{counts}; {COMFORTABLE_CLUSTERS} or more in each are advised")
    if degrees < LEAST_DEGREES_OF_FREEDOM:
        notes.append(f"{degrees:.1f} degrees of freedom: the interval is rough, the wild bootstrap a second opinion")
    return tuple(notes)
