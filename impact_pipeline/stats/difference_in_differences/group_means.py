"""Two groups before and after, where other units are seen each time: four means, with covariates if there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats import cluster_robust, least_squares
from impact_pipeline.stats.difference_in_differences.average_effect import Errors, errors_for
from impact_pipeline.stats.difference_in_differences.clusters import Clusters
from impact_pipeline.stats.difference_in_differences.panel_regression import DRAWS, ErrorsName, Inferred
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Fit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.wild_cluster_bootstrap import wild_cluster_bootstrap

Floats = NDArray[np.float64]

CELLS = ("untreated before", "untreated after", "treated before", "treated after")


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """The effect, its regression (the effect is the last coefficient), rows and mean outcomes by cell of `CELLS`."""

    inferred: Inferred
    fit: Fit
    errors: ErrorsName
    clusters: Clusters | None
    counts: tuple[int, ...]
    means: tuple[float, ...]


def group_means(sample: CrossSection, errors: Errors, alpha: float, rng: np.random.Generator) -> GroupMeans | Refusal:
    """`y = a + b treated + c after + effect treated after + covariates`, by least squares.

    `auto` errors: HC1, or with clusters those of `errors_for`. Without covariates the effect is the difference of the
    groups' changes of means. Wooldridge, Introductory Econometrics, section 13.2.

    >>> treated, after = np.repeat([0.0, 1.0], 4), np.tile([0.0, 0, 1, 1], 2)
    >>> sample = CrossSection(np.array([1.0, 2, 2, 3, 2, 3, 5, 6]), treated, after=after)
    >>> found = group_means(sample, "auto", 0.05, np.random.default_rng(0))
    >>> round(found.inferred.value, 9), round(found.inferred.std_error, 6), found.errors
    (2.0, 1.0, 'HC1')
    """
    if refusal := _not_usable(sample):
        return refusal
    after = cast(Floats, sample.after)
    clusters = _clusters(sample, after)
    chosen: ErrorsName | Refusal = "HC1"
    if clusters is not None or errors != "auto":
        if clusters is None and errors in ("CR1", "CR2", "wild_bootstrap"):
            return Refusal("too_few_clusters", f"{errors} needs a cluster of each row; name its column, or take HC1")
        chosen = errors_for(clusters or Clusters(np.zeros(0, dtype=np.intp), 0, 0, 0, True), errors)
    if isinstance(chosen, Refusal):
        return chosen
    names = (*sample.covariates, "level", "after", "treated", "treated after")
    columns = [*sample.covariates.values(), np.ones(len(sample)), after, sample.treatment, sample.treatment * after]
    fit = least_squares.least_squares(np.column_stack(columns), sample.outcome, names=names, weights=sample.weights)
    if isinstance(fit, Refusal):
        return fit
    found = _inferred(fit, chosen, clusters, alpha, rng)
    if isinstance(found, Refusal):
        return found
    place = (2 * sample.treatment + after).astype(np.intp)
    weights = np.ones(len(sample)) if sample.weights is None else sample.weights
    means = np.bincount(place, weights * sample.outcome, 4) / np.bincount(place, weights, 4)
    counts = np.bincount(place, minlength=4)
    return GroupMeans(found, fit, chosen, clusters, tuple(map(int, counts)), tuple(map(float, means)))


def _inferred(
    fit: Fit, errors: ErrorsName, clusters: Clusters | None, alpha: float, rng: np.random.Generator
) -> Inferred | Refusal:
    """Of the last coefficient."""
    contrast, degrees = np.eye(fit.k)[-1], float(fit.n - fit.k)
    if errors in ("classical", "HC1"):
        spread = least_squares.covariance(fit, cast(least_squares.CovarianceName, errors))
    else:
        assert clusters is not None
        rows = cluster_robust.clustered(fit, clusters.of_row)
        refusal = rows if isinstance(rows, Refusal) else cluster_robust.contrast_refusal(rows, contrast)
        if isinstance(rows, Refusal) or (refusal and errors != "CR1"):
            return cast(Refusal, refusal)
        if errors == "wild_bootstrap":
            test = wild_cluster_bootstrap(rows, contrast, alpha, rng, draws=DRAWS)
            if isinstance(test, Refusal):
                return test
            return Inferred(test.value, test.std_error, test.lower, test.upper, test.p_value, None)
        spread = cluster_robust.covariance(rows, cast(cluster_robust.CovarianceName, errors))
        degrees = cluster_robust.satterthwaite(rows, contrast) if errors == "CR2" else clusters.count - 1.0
    if isinstance(spread, Refusal):
        return spread
    value, error = float(fit.coefficients[-1]), float(np.sqrt(max(0.0, spread[-1, -1])))
    if not error > 0:
        return Refusal("zero_variance", "errors add up to 0: nothing tells the error of the effect")
    half = float(quantile(1 - alpha / 2, degrees)) * error
    return Inferred(
        value, error, value - half, value + half, float(2 * upper_tail(abs(value) / error, degrees)), degrees
    )


def _not_usable(sample: CrossSection) -> Refusal | None:
    if sample.after is None:
        return Refusal("no_pre_period", "nothing says which rows are of the time after the change: give 'after'")
    for name, values in (("treatment", sample.treatment), ("after", sample.after)):
        if not np.isin(values, (0.0, 1.0)).all():
            return Refusal("measure_undefined", f"{name} is 0 or 1 in each row where groups are compared by means")
    counts = np.bincount((2 * sample.treatment + sample.after).astype(np.intp), minlength=4)
    for place, name in enumerate(CELLS):
        if counts[place] < 2:
            told = f"{counts[place]} rows are {name}; each of the four groups needs at least two"
            return Refusal("no_pre_period" if name.endswith("before") else "empty_arm", told)
    if sample.weights is not None and not (sample.weights > 0).all():
        return Refusal("measure_undefined", "weights are above 0; leave out rows that should not count")
    if np.ptp(sample.outcome) == 0:
        return Refusal("zero_variance", f"the outcome is {sample.outcome[0]:g} in every row")
    return None


def _clusters(sample: CrossSection, after: Floats) -> Clusters | None:
    if sample.cluster is None:
        return None
    labels, place = np.unique(sample.cluster, return_inverse=True)
    sides = [len(np.unique(place[sample.treatment == side])) for side in (1.0, 0.0)]
    return Clusters(place, len(labels), sides[0], sides[1], True)
