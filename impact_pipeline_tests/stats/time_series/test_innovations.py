from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.time_series.innovations import innovations
from impact_pipeline.stats.time_series.level_likelihood import most_likely
from impact_pipeline_tests.stats.time_series.dense_series import PATHS, nile, observed

FAR_START = 1e-5


@pytest.mark.parametrize(("model", "variances"), [("llevel", (2.0, 0.5)), ("lltrend", (2.0, 0.5, 0.1))])
def test_innovations_are_those_of_statsmodels_filter(model: str, variances: tuple[float, ...]) -> None:
    rng = np.random.default_rng(4)
    outcome = np.cumsum(rng.normal(size=60)) + rng.normal(size=60)
    outcome[[7, 8, 30]] = np.nan
    peer = sm.tsa.UnobservedComponents(outcome, model, use_exact_diffuse=True).filter(variances)
    expected = (peer.forecasts_error[0] / np.sqrt(peer.forecasts_error_cov[0, 0]))[3:]
    ratios = tuple(float(np.sqrt(own / variances[0])) for own in variances[1:])
    found = innovations(np.nan_to_num(outcome), np.isfinite(outcome), ratios) / np.sqrt(variances[0])
    kept = np.isfinite(outcome[3:])
    assert found[3:][kept] == pytest.approx(expected[kept], abs=FAR_START)
    assert np.isnan(found[3:][~kept]).all()


def test_their_squares_add_up_to_the_variance_that_is_most_likely() -> None:
    """s^2 = sum of squares / (n - 1): the filter and the band matrices tell the same likelihood."""
    _, flow = nile()
    found = most_likely(observed(flow - flow.mean(), PATHS[1](100)))
    left = innovations(flow - flow.mean(), np.ones(100), found.ratios)
    assert np.isnan(left).tolist() == [True] + [False] * 99
    assert float(np.nansum(left**2)) / 99 == pytest.approx(found.irregular, rel=1e-6)
