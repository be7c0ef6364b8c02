from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import acf

from impact_pipeline.stats.time_series.ljung_box import autocorrelations, ljung_box


def test_statistic_and_p_value_are_those_of_statsmodels() -> None:
    values = np.cumsum(np.random.default_rng(0).normal(size=120)) * 0.1 + np.random.default_rng(1).normal(size=120)
    peer = acorr_ljungbox(values, lags=[8], model_df=2)
    found = ljung_box(values, 8, 2)
    assert found.statistic == pytest.approx(float(peer["lb_stat"].iloc[0]))
    assert found.p_value == pytest.approx(float(peer["lb_pvalue"].iloc[0]))
    assert autocorrelations(values, 5) == pytest.approx(acf(values, nlags=5)[1:])


def test_periods_that_were_not_seen_are_left_out() -> None:
    values = np.random.default_rng(3).normal(size=200)
    values[::7] = np.nan
    assert np.isfinite(autocorrelations(values, 4)).all()
    assert ljung_box(values, 10).p_value > 0.01


def test_size_is_nominal_on_white_noise() -> None:
    rng = np.random.default_rng(4)
    rejected = np.mean([ljung_box(rng.normal(size=100), 10).p_value < 0.05 for _ in range(400)])
    assert 0.02 < rejected < 0.09
