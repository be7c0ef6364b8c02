"""Folds that models are fitted without: drawn within arms, or of whole clusters."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import Places


def drawn_folds(treatment: Array, folds: int, rng: np.random.Generator, cluster: Places | None = None) -> Places:
    """A fold 0 .. folds - 1 for each unit; every fold holds its share of each arm, or else of the clusters.

    >>> drawn = drawn_folds(np.array([1.0] * 4 + [0.0] * 8), 4, np.random.default_rng(0))
    >>> np.bincount(drawn).tolist(), sorted(drawn[:4].tolist())
    ([3, 3, 3, 3], [0, 1, 2, 3])
    """
    if cluster is not None:
        names, place = np.unique(cluster, return_inverse=True)
        return np.asarray((rng.permutation(len(names)) % folds)[place], dtype=np.intp)
    found = np.empty(len(treatment), dtype=np.intp)
    for arm in (0, 1):
        units = np.flatnonzero(treatment == arm)
        found[rng.permutation(units)] = np.arange(len(units)) % folds
    return found
