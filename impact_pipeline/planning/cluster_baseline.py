"""How clusters of the past differ in what an estimator compares: a mean, or a ratio, less its covariates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.estimators.question import Question
from impact_pipeline.estimators.summaries import stratum_pairs
from impact_pipeline.stats.cuped import pooled_slopes
from impact_pipeline.stats.intra_cluster import ClusterSpread, cluster_spread
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.power import NoPlan

Variable = tuple[str, int]
"""'y', 'd' or 'x', and which x."""


def cluster_baseline(question: Question, *, adjusts: bool) -> ClusterSpread | NoPlan:
    """Spread within and between the clusters of the question's control, which is all of history.

    A ratio is made linear around history's own, `(y - R d) / dbar`; covariates are taken out by CUPED's slopes.
    """
    [stratum] = question.strata
    clusters = stratum.control.clusters
    if clusters is None:
        return NoPlan("history keeps no clusters apart")
    apart = clusters.each(lambda sums: sums[0])
    weights = _weights(question, stratum.control.moments, adjusts)
    sizes = np.asarray(apart.n, dtype=np.float64)
    means = sum((w * np.asarray(apart.mean(*of)) for of, w in weights.items()), np.zeros(len(sizes)))
    spread = sum(
        (w * v * _covariance(apart, of, other) for of, w in weights.items() for other, v in weights.items()),
        np.zeros(len(sizes)),
    )
    return cluster_spread(sizes, means, np.maximum(0.0, spread * (sizes - 1)))


def _weights(question: Question, history: Moments, adjusts: bool) -> dict[Variable, float]:
    """The number compared is the sum of these multiples of a unit's totals, up to a constant."""
    slopes = pooled_slopes(stratum_pairs(question, covariates=True)) if adjusts else ()
    covariates = {("x", place): -_only(slope) for place, slope in enumerate(slopes)}
    if question.reading.form != "ratio":
        return {("y", 0): 1.0, **covariates}
    numerator, denominator = _only(history.mean("y")), _only(history.mean("d"))
    return {("y", 0): 1 / denominator, ("d", 0): -numerator / denominator**2, **covariates}


def _covariance(apart: Moments, first: Variable, second: Variable) -> NDArray[np.float64]:
    return np.asarray(apart.covariance(first[0], second[0], (first[1], second[1])), dtype=np.float64)


def _only(value: object) -> float:
    return float(np.atleast_1d(np.asarray(value, dtype=np.float64))[0])
