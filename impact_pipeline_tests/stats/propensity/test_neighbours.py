"""Neighbours on one score against all distances."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.neighbours import Runs, nearest_on_score
from impact_pipeline.stats.samples.cross_section import Floats


def _brute(asked: Floats, donors: Floats, neighbours: int, tie: float, caliper: float) -> list[set[int]]:
    distances = np.abs(asked[:, None] - donors[None, :])
    last = np.sort(distances, axis=1)[:, min(neighbours, len(donors)) - 1]
    radius = np.minimum(np.sqrt(last**2 + tie), caliper)[:, None] + 1e-14
    return [set(np.flatnonzero(row).tolist()) for row in distances <= radius]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("neighbours", [1, 2, 5])
@pytest.mark.parametrize(("tie", "caliper"), [(0.0, np.inf), (1e-3, np.inf), (0.0, 0.02), (1e-4, 0.05)])
@pytest.mark.parametrize("digits", [1, 3, 12])
def test_neighbours_are_those_of_all_distances(
    seed: int, neighbours: int, tie: float, caliper: float, digits: int
) -> None:
    rng = np.random.default_rng(seed)
    asked, donors = rng.random(40).round(digits), rng.random(30).round(digits)
    found = nearest_on_score(asked, donors, neighbours, tie=tie, caliper=caliper)
    runs = [set(found.order[a:b].tolist()) for a, b in zip(found.first, found.last, strict=True)]
    assert runs == _brute(asked, donors, neighbours, tie, caliper)


def test_means_and_uses_are_sums_over_the_runs() -> None:
    rng = np.random.default_rng(1)
    asked, donors, values = rng.random(50).round(1), rng.random(40).round(1), rng.normal(size=40)
    found = nearest_on_score(asked, donors, 3)
    runs = [found.order[a:b] for a, b in zip(found.first, found.last, strict=True)]
    np.testing.assert_allclose(found.means(values), [values[run].mean() for run in runs])
    for power in (1, 2):
        uses = np.zeros(40)
        for run in runs:
            uses[run] += 1 / len(run) ** power
        np.testing.assert_allclose(found.uses(power), uses, atol=1e-12)
    assert found.uses(1).sum() == pytest.approx(50)


def test_units_beyond_the_caliper_have_nobody() -> None:
    found = nearest_on_score(np.array([0.0, 0.5]), np.array([0.51]), 1, caliper=0.1)
    assert found.counts.tolist() == [0, 1]
    assert np.isnan(found.means(np.array([2.0]))).tolist() == [True, False]


def test_more_neighbours_than_donors_are_all_donors() -> None:
    assert nearest_on_score(np.array([0.2]), np.array([0.1, 0.9]), 5).counts.tolist() == [2]


def test_the_order_of_donors_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    asked, donors, values = rng.random(30), rng.random(30).round(2), rng.normal(size=30)
    order = rng.permutation(30)
    one = nearest_on_score(asked, donors, 2).means(values)
    other = nearest_on_score(asked, donors[order], 2).means(values[order])
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_many_units_of_one_score_are_told_in_no_time() -> None:
    asked, donors = np.repeat([0.2, 0.6], 50_000), np.repeat([0.2, 0.7], 50_000)
    found = nearest_on_score(asked, donors, 1)
    assert isinstance(found, Runs)
    assert (found.counts == 50_000).all()
    np.testing.assert_allclose(found.uses(1), 1.0)
