from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.time_series.level_posterior import SCALES, LevelSpread, level_posterior
from impact_pipeline_tests.stats.time_series.dense_series import PATHS, contrast_likelihood, observed

QUADRATURE = 0.02
"""Sums over grids that differ."""


def test_the_grid_has_the_posterior_mean_of_a_brute_force_integral() -> None:
    """Over 400 ratios with dense matrices: half-Cauchy prior, 1 / s^2 integrated out."""
    rng = np.random.default_rng(3)
    outcome = np.cumsum(0.5 * rng.normal(size=40)) + rng.normal(size=40)
    of = observed(outcome, PATHS[1](40))
    grid = np.geomspace(1e-3, 30, 400)
    heights = []
    for ratio in grid:
        evidence, squares = contrast_likelihood(of, (ratio,), 1.0)
        heights.append(evidence - 39 / 2 * np.log(squares) + np.log(ratio) - np.log1p((ratio / SCALES[0]) ** 2))
    weights = np.exp(np.array(heights) - max(heights))
    expected = float(weights @ np.log(grid) / weights.sum())
    found = level_posterior(of)
    mean = float(found.weights[:, 0] @ np.log([point[0] for point in found.ratios]))
    assert mean == pytest.approx(expected, abs=QUADRATURE)


def test_a_fixed_level_has_one_point_and_a_trend_a_grid_of_two() -> None:
    outcome = np.random.default_rng(0).normal(size=30)
    fixed = level_posterior(observed(outcome, None, np.ones((30, 1))))
    assert fixed.weights.tolist() == [[1.0]]
    trend = level_posterior(observed(outcome, PATHS[2](30)))
    assert len(trend.ratios) == 81
    assert trend.weights.sum() == pytest.approx(1.0)


def test_a_spread_given_beforehand_holds_the_level_to_it() -> None:
    """As R's CausalImpact does: 32 observations of steps of 0.01."""
    rng = np.random.default_rng(1)
    outcome = np.cumsum(rng.normal(size=100))
    of = observed(outcome / outcome.std(), PATHS[1](100))

    def typical(prior: LevelSpread | None) -> float:
        found = level_posterior(of, prior)
        return float(np.exp(found.weights[:, 0] @ np.log([point[0] for point in found.ratios])))

    assert typical(LevelSpread(0.01)) < 0.3 * typical(None)
    assert typical(LevelSpread(0.01, weight=1e-9)) > typical(LevelSpread(0.01))


def test_controls_without_a_word_to_say_are_shrunk_and_others_are_not() -> None:
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(80, 5))
    noise = level_posterior(observed(rng.normal(size=80), PATHS[1](80), columns, 5))
    strong = level_posterior(observed(columns @ np.full(5, 3.0) + rng.normal(size=80), PATHS[1](80), columns, 5))
    ridges = np.log(noise.ridges)
    assert float(noise.weights.sum(axis=0) @ ridges) < np.log(0.5)
    assert float(strong.weights.sum(axis=0) @ ridges) > np.log(1.5)
