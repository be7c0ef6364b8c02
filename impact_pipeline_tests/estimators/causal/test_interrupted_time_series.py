from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Curve, Paths
from impact_pipeline.estimators.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_series import EFFECT, effects, interrupted, series, shop, with_outcome
from impact_pipeline_tests.stats.linear_models import read


def effect(found: object) -> Effect:
    assert isinstance(found, Effect), found
    return found


def test_proposition_99_is_told_as_linden_prints_it() -> None:
    """Linden (2015), Stata Journal 15."""
    rows = read("its_prop99.csv")
    asked = interrupted(series(rows["cigsale"].to_numpy(), 19), errors="newey_west", lags=1)
    found = effects(asked)
    printed = {"trend before": (-1.7795, 0.3834), "level": (-20.0581, 4.7244), "slope": (-1.4947, 0.4368)}
    for name, numbers in printed.items():
        own = effect(found.others[name])
        assert (own.value, own.std_error) == pytest.approx(numbers, abs=5e-5)
    assert effect(found.main).value == pytest.approx(-20.0581 - 1.4947 * 5.5, abs=1e-3)
    assert found.counts == {"periods before": 19, "periods under the change": 12}


@pytest.mark.parametrize("errors", ["autoregressive", "newey_west", "newey_west_small_sample"])
def test_main_effect_adds_up_with_the_others_and_the_pictures(errors: str) -> None:
    sample = shop()
    found = effects(interrupted(sample, errors=errors))
    main, total = effect(found.main), effect(found.others["cumulative"])
    assert main.lower < EFFECT < main.upper
    assert (total.value, total.lower) == pytest.approx((25 * main.value, 25 * main.lower))
    assert main.treated == pytest.approx(float(sample.outcome[75:].mean()))
    assert main.untreated == pytest.approx(float(sample.outcome[75:].mean()) - main.value)
    assert (main.p_value <= 0.05) == (main.lower > 0 or main.upper < 0)
    paths, curve = found.exhibits
    assert isinstance(paths, Paths)
    assert isinstance(curve, Curve)
    assert len(paths.actual) == len(paths.lower) == 100
    assert np.mean([point.value for point in curve.points]) == pytest.approx(main.value)


def test_second_estimator_is_the_other_kind_of_errors_and_agrees() -> None:
    found = effects(interrupted(shop(1)))
    second, main = effect(found.others["second estimator"]), effect(found.main)
    assert "Newey-West" in second.method
    assert second.value == pytest.approx(main.value, abs=0.5)
    back = effects(interrupted(shop(1), errors="newey_west")).others["second estimator"]
    assert effect(back).value == pytest.approx(main.value)


def test_season_waves_years_and_controls_become_coefficients() -> None:
    found = effects(interrupted(shop(), season_waves=2, yearly_waves=1))
    named = {name.removeprefix("coefficient of ") for name in found.numbers}
    assert {"season cos 1", "season sin 2", "year cos 1", "market", "trend before"} <= named
    assert found.numbers["coefficient of market"] == pytest.approx(1.0, abs=0.4)


def test_periods_without_an_outcome_are_left_out_and_counted() -> None:
    sample = shop()
    outcome = sample.outcome.copy()
    outcome[[3, 4, 90]] = np.nan
    found = effects(interrupted(with_outcome(sample, outcome)))
    assert found.counts == {"periods before": 73, "periods under the change": 24}
    assert effect(found.main).lower < EFFECT < effect(found.main).upper


def test_answers_are_equal_on_repeat() -> None:
    first, again = effects(interrupted(shop())), effects(interrupted(shop()))
    assert (first.main, first.others, first.exhibits) == (again.main, again.others, again.exhibits)


@pytest.mark.parametrize(
    ("starts", "reason", "told"),
    [
        (0, "no_pre_period", "the change starts with the first period"),
        (100, "too_few_periods", "the change starts after the last of 100 periods"),
        (99, "too_few_periods", "and 1 under it"),
        (2, "too_few_periods", "2 periods with an outcome before the change"),
    ],
)
def test_samples_without_two_sides_are_refused(starts: int, reason: str, told: str) -> None:
    found = effects(interrupted(replace(shop(), starts=starts), season="none")).main
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert told in found.detail


def test_periods_that_stand_twice_or_out_of_order_are_refused() -> None:
    outcome = np.random.default_rng(0).normal(size=6)
    for labels, told in ((("1", "2", "2", "3", "4", "5"), "stands twice"), (("1", "3", "2", "4", "5", "6"), "sort")):
        found = effects(interrupted(replace(series(outcome, 3), periods=labels))).main
        assert isinstance(found, Refusal)
        assert told in found.detail


def test_a_constant_outcome_a_repeated_control_and_years_without_dates_are_refused() -> None:
    constant = effects(interrupted(series(np.full(30, 7.0), 20))).main
    assert isinstance(constant, Refusal)
    assert constant.reason == "zero_variance"
    sample = shop()
    twice = replace(sample, controls={"market": sample.controls["market"], "again": sample.controls["market"]})
    repeated = effects(interrupted(twice)).main
    assert isinstance(repeated, Refusal)
    assert "'again'" in repeated.detail
    undated = effects(interrupted(series(sample.outcome, 75), yearly_waves=1)).main
    assert isinstance(undated, Refusal)
    assert undated.detail == "yearly_waves need periods that are dates"


def test_it_fits_every_setting_of_its_design() -> None:
    assert InterruptedTimeSeries().fits(interrupted(shop()).design)
