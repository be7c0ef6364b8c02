from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impact_pipeline.calibration.scenarios.interrupted_time_series import related_errors
from impact_pipeline.stats.inference import quantile
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.interrupted_series import Errors, InterruptedFit, interrupted_series
from impact_pipeline.stats.time_series.season import season_dummies
from impact_pipeline_tests.stats.linear_models import read
from impact_pipeline_tests.stats.time_series.dense_series import nile

PRINTED = 5e-5
SAME_FORMULA = 1e-9


def fitted(*given: object, **options: object) -> InterruptedFit:
    found = interrupted_series(*given, **options)  # type: ignore[arg-type]
    assert isinstance(found, InterruptedFit), found
    return found


def test_proposition_99_is_what_linden_prints() -> None:
    """Linden (2015), Stata Journal 15: trend -1.7795 (.3834), level -20.0581 (4.7244), slope -1.4947 (.4368)."""
    rows = read("its_prop99.csv")
    fit = fitted(rows["year"], rows["cigsale"].to_numpy(), 19, errors="newey_west", lags=1)
    printed = {"trend before": (-1.7795, 0.3834), "level": (-20.0581, 4.7244), "slope": (-1.4947, 0.4368)}
    for name, numbers in printed.items():
        assert fit.effect(fit.contrast(name))[:2] == pytest.approx(numbers, abs=PRINTED)
    after = fit.contrast("trend before") + fit.contrast("slope")
    assert fit.effect(after)[0] == pytest.approx(-3.2741, abs=PRINTED)


def test_the_nile_fell_by_the_difference_of_its_means() -> None:
    """Cobb (1978): 1097.75 before 1899, 849.97 from then on."""
    years, flow = nile()
    fit = fitted(years, flow, 28, trend="none", errors="newey_west")
    assert fit.effect(fit.average())[0] == pytest.approx(849.97 - 1097.75, abs=0.01)
    assert fit.lags == 4


def test_average_is_the_mean_gap_between_fit_and_fit_without_the_change() -> None:
    rng = np.random.default_rng(0)
    outcome = rng.normal(size=50) + np.arange(50)
    outcome[[3, 40]] = np.nan
    fit = fitted(np.arange(50), outcome, 30, extra=season_dummies(np.arange(50), 4))
    seen = [place for place in range(30, 50) if place != 40]
    gap = (fit.fitted() - fit.without()[0])[seen]
    assert fit.effect(fit.average())[0] == pytest.approx(float(gap.mean()), rel=SAME_FORMULA)
    assert fit.along()[0][[place - 30 for place in seen]] == pytest.approx(gap, rel=SAME_FORMULA)


def test_errors_with_controls_and_season_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    control, outcome = rng.normal(size=60), related_errors(60, 0.5, rng)
    extra = {**season_dummies(np.arange(60), 4), "control": control}
    fit = fitted(np.arange(60), outcome, 40, extra=extra, errors="newey_west", lags=3)
    frame = pd.DataFrame(fit.columns, columns=list(fit.names))
    peer = sm.OLS(outcome, frame).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    assert fit.coefficients == pytest.approx(peer.params.to_numpy(), rel=SAME_FORMULA)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(peer.bse.to_numpy(), rel=SAME_FORMULA)


@pytest.mark.parametrize(("errors", "least"), [("autoregressive", 0.915), ("newey_west_small_sample", 0.88)])
def test_intervals_cover_with_related_errors(errors: Errors, least: float) -> None:
    """96 periods, a third of them under the change, autocorrelation 0.4: 95 % nominal."""
    covered = []
    for seed in range(300):
        outcome = related_errors(96, 0.4, np.random.default_rng(seed))
        fit = fitted(np.arange(96), outcome, 64, errors=errors)
        value, error, degrees = fit.effect(fit.average())
        covered.append(abs(value) <= float(quantile(0.975, degrees)) * error)
    assert least <= np.mean(covered) <= 0.985


@pytest.mark.parametrize("errors", get_args(Errors))
def test_each_kind_of_errors_has_a_standard_error_along_the_change(errors: Errors) -> None:
    fit = fitted(np.arange(30), np.random.default_rng(2).normal(size=30), 20, errors=errors)
    value, error = fit.along()
    assert value.shape == error.shape == (10,)
    assert (error > 0).all()


@pytest.mark.parametrize(
    ("outcome", "starts", "reason", "detail"),
    [
        ([np.nan, np.nan, 1.0, 2.0], 2, "no_pre_period", "nothing to compare with"),
        ([1.0, 2.0, 4.0, np.nan], 3, "too_few_periods", "no period under the change"),
        ([1.0, 2.0, 4.0, 3.0, 5.0, 6.0], 2, "too_few_periods", "2 periods with an outcome before the change"),
        ([1.0, 2.0, 4.0, 3.0, 5.0, 6.0], 5, "too_few_periods", "and 1 under it"),
        ([5.0] * 12, 6, "zero_variance", "does not vary"),
    ],
)
def test_series_that_tell_nothing_are_refused(outcome: list[float], starts: int, reason: str, detail: str) -> None:
    found = interrupted_series(range(len(outcome)), outcome, starts)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert detail in found.detail


def test_a_control_that_repeats_another_is_refused_by_name() -> None:
    rng = np.random.default_rng(3)
    control = rng.normal(size=30)
    found = interrupted_series(range(30), rng.normal(size=30), 20, extra={"a": control, "twice a": 2 * control})
    assert isinstance(found, Refusal)
    assert (found.reason, "'twice a'" in found.detail) == ("collinear", True)
