"""Folds hold their share of each arm, or whole clusters."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds


def test_drawn_folds_share_each_arm_evenly() -> None:
    treatment = np.array([1.0] * 13 + [0.0] * 29)
    found = drawn_folds(treatment, 5, np.random.default_rng(0))
    for arm in (0, 1):
        counts = np.bincount(found[treatment == arm], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_drawn_folds_are_the_same_again_and_differ_by_seed() -> None:
    treatment = (np.arange(200) % 2).astype(np.float64)
    first, again, other = (drawn_folds(treatment, 5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_drawn_folds_keep_clusters_together() -> None:
    cluster = np.repeat(np.arange(40), 7)
    found = drawn_folds((np.arange(280) % 2).astype(np.float64), 4, np.random.default_rng(0), cluster)
    assert all(len(np.unique(found[cluster == own])) == 1 for own in range(40))
    assert np.bincount(found).tolist() == [70, 70, 70, 70]
