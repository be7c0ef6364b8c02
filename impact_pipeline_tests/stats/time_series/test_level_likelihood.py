from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.time_series.level_likelihood import at_ratios, most_likely
from impact_pipeline_tests.stats.time_series.dense_series import PATHS, foretold, nile, observed


def test_variances_of_the_nile_are_those_that_durbin_and_koopman_print() -> None:
    """Durbin, Koopman (2012), section 2.10.2: 15,099 and 1,469.1."""
    _, flow = nile()
    found = most_likely(observed(flow - flow.mean(), PATHS[1](100)))
    assert found.irregular == pytest.approx(15099, abs=0.6)
    assert found.steps[0] == pytest.approx(1469.1, abs=0.1)


def test_the_dam_shifts_the_level_and_leaves_it_still() -> None:
    """The step takes all of the level's movement with it: statsmodels says -247.2 with its own start and stop."""
    years, flow = nile()
    step = (years >= 1899).astype(np.float64)[:, None]
    found = most_likely(observed(flow - flow.mean(), PATHS[1](100), step))
    assert found.coefficients.mean[0] == pytest.approx(-247.778, abs=0.01)
    assert found.steps[0] < 1.0


def test_likelihood_peaks_where_that_of_statsmodels_does() -> None:
    rng = np.random.default_rng(8)
    outcome = np.cumsum(0.3 * np.cumsum(rng.normal(size=150)) + rng.normal(size=150)) + 2 * rng.normal(size=150)
    outcome[[20, 21, 90]] = np.nan
    found = most_likely(observed(outcome, PATHS[2](150)))
    peer = sm.tsa.UnobservedComponents(outcome, "lltrend", use_exact_diffuse=True)
    best = peer.fit(disp=False, method="powell", maxiter=200)
    own = peer.loglike(np.array([found.irregular, *found.steps]))
    assert own >= best.llf - 1e-3


def test_average_of_a_forecast_is_that_of_dense_conditioning() -> None:
    rng = np.random.default_rng(2)
    outcome = np.cumsum(rng.normal(size=40)) + rng.normal(size=40)
    outcome[35:] = np.nan
    of = observed(outcome, PATHS[1](40), rng.normal(size=(40, 1)))
    value, variance = at_ratios(of, (0.7,)).average((np.arange(40) >= 35).astype(np.float64))
    mean, covariance = foretold(of, (0.7,), 1.0)
    assert value == pytest.approx(float(mean[35:].mean()), rel=1e-6)
    assert variance == pytest.approx(float(covariance[35:, 35:].mean()), rel=1e-6)
