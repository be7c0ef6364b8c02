from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.time_series.level_draws import level_draws
from impact_pipeline.stats.time_series.level_posterior import Posterior, level_posterior
from impact_pipeline.stats.time_series.level_regression import given_path
from impact_pipeline_tests.stats.time_series.dense_series import PATHS, contrast_likelihood, foretold, observed

MONTE_CARLO = 4.0
"""Standard errors of the draws' own mean."""


@pytest.mark.parametrize("ratios", [(0.5,), (0.5, 0.1)])
def test_draws_have_the_moments_of_dense_conditioning(ratios: tuple[float, ...]) -> None:
    """One point of the grid: s^2 is inverse gamma, so level and regression have Student's t around what is foretold."""
    rng = np.random.default_rng(0)
    outcome, columns = np.cumsum(rng.normal(size=40)) + rng.normal(size=40), rng.normal(size=(40, 2))
    outcome[[10, 36, 37, 38, 39]] = np.nan
    of = observed(outcome, PATHS[len(ratios)](40), columns, 1)
    one = Posterior(of, (ratios,), (0.8,), (given_path(of, ratios),), np.ones((1, 1)), None)
    found = level_draws(one, 4000, np.random.default_rng(1))
    mean, covariance = foretold(of, ratios, 0.8)
    degrees = of.degrees_of_freedom
    variance = np.diag(covariance) * contrast_likelihood(of, ratios, 0.8)[1] / (degrees - 2)
    assert (np.abs(found.after.expected.mean(axis=1) - mean) < MONTE_CARLO * np.sqrt(variance / 4000) + 1e-4).all()
    assert found.after.expected.var(axis=1) == pytest.approx(variance, rel=0.12)
    far = covariance[36, 39] * contrast_likelihood(of, ratios, 0.8)[1] / (degrees - 2)
    assert float(np.cov(found.after.expected[36], found.after.expected[39])[0, 1]) == pytest.approx(far, rel=0.12)


@pytest.mark.parametrize("ratios", [(0.5,), (0.5, 0.1)])
def test_paths_go_on_where_all_draws_end_and_fewer_begin(ratios: tuple[float, ...]) -> None:
    """The first period of all draws and the last of the thinned ones have the covariance that neighbours have."""
    rng = np.random.default_rng(0)
    of = observed(np.cumsum(rng.normal(size=30)) + rng.normal(size=30), PATHS[len(ratios)](30))
    one = Posterior(of, (ratios,), (1.0,), (given_path(of, ratios),), np.ones((1, 1)), None)
    found = level_draws(one, 40_000, np.random.default_rng(1), full_from=20)
    covariance = foretold(of, ratios, 1.0)[1] * contrast_likelihood(of, ratios, 1.0)[1] / (of.degrees_of_freedom - 2)
    early, late = found.before.expected[19], found.after.expected[0, :: found.thin]
    assert len(early) == len(late) == 200
    expected = covariance[19, 20] / np.sqrt(covariance[19, 19] * covariance[20, 20])
    assert float(np.corrcoef(early, late)[0, 1]) == pytest.approx(float(expected), abs=0.15)


def test_draws_are_equal_on_repeat_and_follow_the_weights() -> None:
    outcome = np.cumsum(np.random.default_rng(5).normal(size=50))
    posterior = level_posterior(observed(outcome, PATHS[1](50)))
    first, again = (level_draws(posterior, 500, np.random.default_rng(9)) for _ in range(2))
    assert (first.after.expected == again.after.expected).all()
    assert (first.before.outcome == again.before.outcome).all()
    expected = float(posterior.weights[:, 0] @ np.log([ratio[0] for ratio in posterior.ratios]))
    assert float(np.log(first.ratios[:, 0]).mean()) == pytest.approx(expected, abs=0.01)


def test_a_fixed_level_is_ordinary_regression() -> None:
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(60), rng.normal(size=60)])
    outcome = x @ np.array([2.0, 1.5]) + rng.normal(size=60)
    found = level_draws(level_posterior(observed(outcome, None, x)), 4000, rng)
    b, squares, *_ = np.linalg.lstsq(x, outcome, rcond=None)
    errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * squares[0] / 56)
    assert found.coefficients.mean(axis=0) == pytest.approx(b, abs=float(MONTE_CARLO * errors.max() / 63))
    assert found.coefficients.std(axis=0) == pytest.approx(errors, rel=0.05)
