from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Curve, Paths
from impact_pipeline.estimators.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.diagnostics.causal.one_series import EFFECT, effects, series, shop, structural, with_outcome
from impact_pipeline_tests.stats.time_series.dense_series import nile


def effect(found: object) -> Effect:
    assert isinstance(found, Effect), found
    return found


def test_the_nile_has_the_variances_that_durbin_and_koopman_print_and_cobbs_shift() -> None:
    _, flow = nile()
    found = effects(structural(series(flow, 28), step=True))
    assert found.numbers["irregular variance without the step"] == pytest.approx(15099, abs=1)
    assert found.numbers["level variance without the step"] == pytest.approx(1469.1, abs=0.2)
    assert effect(found.others["maximum likelihood"]).value == pytest.approx(-247.2, abs=5)
    main = effect(found.main)
    assert main.lower < -247.78 < main.upper < 0


@pytest.mark.parametrize("level", ["local_level", "local_linear_trend", "fixed"])
def test_main_effect_adds_up_with_the_others_and_the_pictures(level: str) -> None:
    sample = shop()
    found = effects(structural(sample, level=level))
    main, total, relative = (effect(one) for one in (found.main, found.others["cumulative"], found.others["relative"]))
    assert main.lower < EFFECT < main.upper
    assert (total.value, total.lower, total.p_value) == pytest.approx((25 * main.value, 25 * main.lower, main.p_value))
    assert main.treated == pytest.approx(float(sample.outcome[75:].mean()))
    assert main.untreated is not None
    assert relative.value == pytest.approx(main.value / main.untreated, rel=0.03)
    assert (main.p_value <= 0.05) == (main.lower > 0 or main.upper < 0)
    paths, pointwise, cumulative = found.exhibits
    assert isinstance(paths, Paths)
    assert isinstance(pointwise, Curve)
    assert isinstance(cumulative, Curve)
    inside = np.mean(
        [low <= y <= high for low, y, high in zip(paths.lower, paths.actual[:75], paths.upper, strict=False)]
    )
    assert inside > 0.85
    assert cumulative.points[-1].value == pytest.approx(total.value)


def test_maximum_likelihood_is_a_second_opinion() -> None:
    found = effects(structural(shop(2)))
    assert effect(found.others["maximum likelihood"]).value == pytest.approx(effect(found.main).value, abs=0.4)


def test_the_week_is_found_in_days_and_its_absence_shows() -> None:
    sample = shop(3)
    week = with_outcome(sample, sample.outcome + np.resize([0.0, 0, 0, 0, 3.0, 6.0, 3.0], 100))
    found, blind = effects(structural(week)), effects(structural(week, season="none"))
    assert found.numbers["irregular variance"] < 0.5 * blind.numbers["irregular variance"]
    assert found.numbers["coefficient of market"] == pytest.approx(1.0, abs=0.4)
    waves = effects(structural(week, season=7, season_waves=3))
    assert effect(waves.main).value == pytest.approx(effect(found.main).value, abs=0.05)


def test_periods_without_an_outcome_are_left_out_and_told() -> None:
    sample = shop()
    outcome = sample.outcome.copy()
    outcome[[3, 4, 90]] = np.nan
    found = effects(structural(with_outcome(sample, outcome)))
    assert found.notes == ("3 periods have no outcome and were left out",)
    assert found.counts["periods under the change"] == 24
    assert effect(found.main).lower < EFFECT < effect(found.main).upper


def test_an_outcome_around_0_has_no_relative_effect() -> None:
    found = effects(structural(series(np.random.default_rng(0).normal(size=60), 40)))
    assert "relative" not in found.others


def test_answers_are_equal_on_repeat_and_change_with_the_seed() -> None:
    asked = structural(shop())
    first, again = effects(asked), effects(asked)
    assert (first.main, first.others, first.exhibits) == (again.main, again.others, again.exhibits)
    other = effect(effects(replace(asked, seed=1)).main)
    assert other.value != effect(first.main).value
    assert other.value == pytest.approx(effect(first.main).value, abs=0.1)


def test_numbers_are_plain_and_finite() -> None:
    found = effects(structural(shop()))
    assert all(type(value) is float and np.isfinite(value) for value in found.numbers.values())


@pytest.mark.parametrize(("starts", "reason"), [(0, "no_pre_period"), (100, "too_few_periods"), (3, "too_few_periods")])
def test_samples_without_two_sides_are_refused(starts: int, reason: str) -> None:
    found = effects(structural(replace(shop(), starts=starts))).main
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_a_constant_outcome_and_a_control_that_only_moves_later_are_refused() -> None:
    constant = effects(structural(series(np.full(40, 7.0), 30))).main
    assert isinstance(constant, Refusal)
    assert constant.reason == "zero_variance"
    sample = shop()
    launched = replace(sample, controls={"launch": (np.arange(100) >= 75).astype(np.float64)})
    found = effects(structural(launched)).main
    assert isinstance(found, Refusal)
    assert "'launch'" in found.detail


def test_it_fits_every_setting_of_its_design() -> None:
    assert StructuralTimeSeries().fits(structural(shop()).design)
