"""Neighbours by Mahalanobis' distance against all distances."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.neighbours_in_space import nearest_in_space, whitened
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Floats

RNG = np.random.default_rng(5)


def test_plain_distance_after_whitening_is_mahalanobis() -> None:
    from scipy.spatial.distance import cdist

    covariates = RNG.normal(size=(30, 3)) @ RNG.normal(size=(3, 3))
    found = whitened(covariates, "mahalanobis")
    assert not isinstance(found, Refusal)
    inverse = np.linalg.inv(np.cov(covariates, rowvar=False))
    theirs = cdist(covariates, covariates, "mahalanobis", VI=inverse)
    np.testing.assert_allclose(cdist(found, found), theirs, atol=1e-9)


def _points(n: int) -> Floats:
    return RNG.integers(0, 4, size=(n, 2)).astype(np.float64)


@pytest.mark.parametrize("neighbours", [1, 3])
@pytest.mark.parametrize("caliper", [np.inf, 1.0])
def test_neighbours_are_those_of_all_distances_with_ties(neighbours: int, caliper: float) -> None:
    asked, donors = _points(40), _points(30)
    found = nearest_in_space(asked, donors, neighbours, caliper=caliper)
    distances = np.linalg.norm(asked[:, None] - donors[None], axis=2)
    radius = np.minimum(np.sort(distances, axis=1)[:, neighbours - 1], caliper)
    starts = np.cumsum(found.counts) - found.counts
    for unit, start in enumerate(starts):
        near = set(np.flatnonzero(distances[unit] <= radius[unit] + 1e-9).tolist())
        assert set(found.donors[start : start + found.counts[unit]].tolist()) == near


def test_on_one_covariate_it_is_the_search_on_a_score() -> None:
    from impact_pipeline.stats.propensity.neighbours import nearest_on_score

    asked, donors, values = RNG.random(50).round(2), RNG.random(40).round(2), RNG.normal(size=40)
    space, score = nearest_in_space(asked[:, None], donors[:, None], 2), nearest_on_score(asked, donors, 2)
    np.testing.assert_allclose(space.means(values), score.means(values))
    np.testing.assert_allclose(space.uses(2), score.uses(2), atol=1e-12)


def test_distances_need_covariates_that_vary_apart() -> None:
    one = RNG.normal(size=20)
    found = whitened(np.column_stack([one, one]), "mahalanobis")
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
    nothing = whitened(np.empty((20, 0)), "mahalanobis")
    assert isinstance(nothing, Refusal)
    assert nothing.reason == "not_identified"
