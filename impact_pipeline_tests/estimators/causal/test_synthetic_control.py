from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Curve, Paths, Placebos, Weights
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import panel_of
from impact_pipeline_tests.estimators.causal.synthetic_questions import (
    BEFORE,
    drawn_outcomes,
    drawn_panel,
    effects,
    main_effect,
    refusal,
)
from impact_pipeline_tests.stats.synthetic_control.panels import california, california_with_covariates, panel

PUBLISHED = {"Utah": 0.334, "Nevada": 0.234, "Montana": 0.199, "Colorado": 0.164, "Connecticut": 0.069}
WINDOWS = {name: {"first": 1980, "last": 1988} for name in ("lnincome", "retprice", "age15to24")}
MOST_NULL_REJECTIONS = 9
"""Of 60 null panels at 5 %: three are expected, nine or fewer with probability above .999."""


def test_given_weights_reproduce_the_published_path() -> None:
    """Abadie, Diamond, Hainmueller (2010), JASA 105, Table 2 and Figures 2-3."""
    found = effects(california_with_covariates(), weights=PUBLISHED, fit_window={"first": 1970, "last": 1988})
    last = found.others["period 2000.0"]
    assert found.numbers["pre-period MSPE"] == pytest.approx(3.09, abs=0.05)
    assert main_effect(found).value == pytest.approx(-19.0, abs=0.8)
    assert isinstance(last, Effect)
    assert last.value == pytest.approx(-25.7, abs=1.0)
    assert "placebos are fitted" in found.notes[0]


def test_outcomes_alone_put_california_third_by_the_classic_ratio() -> None:
    assert effects(california()).numbers["p-value of RMSPE ratio"] == pytest.approx(0.0769, abs=0.0002)


@pytest.mark.slow
def test_predictors_put_california_first_of_39() -> None:
    """Abadie, Diamond, Hainmueller (2010), section 3.5: p = 1 / 39 = .026."""
    windows = {**WINDOWS, "beer": {"first": 1984, "last": 1988}}
    found = effects(
        california_with_covariates(), method="predictors", predictors=windows, lagged_outcomes=(1975, 1980, 1988)
    )
    assert main_effect(found).p_value == pytest.approx(1 / 39)
    assert found.numbers["p-value of RMSPE ratio"] == pytest.approx(1 / 39)
    assert found.numbers["pre-period MSPE"] <= 3.5
    assert "weight of outcome 1975" in found.numbers


def test_effect_is_the_mean_of_the_periods_and_the_difference_of_the_means() -> None:
    found = effects(drawn_panel(effect=4.0))
    main = main_effect(found)
    periods = [one for name, one in found.others.items() if name.startswith("period")]
    values = [one.value for one in periods if isinstance(one, Effect)]
    assert len(values) == 6
    assert main.value == pytest.approx(np.mean(values))
    assert main.treated is not None
    assert main.untreated is not None
    assert main.treated - main.untreated == pytest.approx(main.value)
    assert main.p_value == pytest.approx(1 / 25)
    assert main.lower < 4.0 < main.upper
    assert not main.lower <= 0 <= main.upper


def test_answers_are_equal_on_repeat_and_plain_numbers() -> None:
    one, two = (effects(drawn_panel(3, treated=3), draws=40) for _ in range(2))
    assert main_effect(one) == main_effect(two)
    assert dict(one.numbers) == dict(two.numbers)
    assert one.exhibits == two.exhibits
    for value in (main_effect(one).value, main_effect(one).lower, *one.numbers.values()):
        assert type(value) is float


def test_several_treated_units_are_followed_as_their_mean() -> None:
    found = effects(drawn_panel(1, treated=3, effect=3.0), draws=60)
    assert dict(found.counts) == {"treated": 3, "untreated": 24}
    assert found.numbers["placebos"] == 60
    assert main_effect(found).value == pytest.approx(3.0, abs=1.0)


def test_exhibits_show_paths_gaps_placebos_and_weights() -> None:
    paths, curve, placebos, weights = effects(drawn_panel(effect=4.0)).exhibits
    assert isinstance(paths, Paths)
    assert isinstance(curve, Curve)
    assert isinstance(placebos, Placebos)
    assert isinstance(weights, Weights)
    assert paths.starts == placebos.starts == BEFORE
    assert curve.starts == float(BEFORE)
    assert curve.points[0].lower is None
    assert len(paths.lower) == len(paths.periods)
    assert all(
        low <= middle <= high for low, middle, high in zip(paths.lower, paths.counterfactual, paths.upper, strict=True)
    )
    assert len(placebos.gaps) == 25
    assert sum(weight for _, weight in weights.rows) == pytest.approx(1)


def test_cross_checks_are_the_other_methods() -> None:
    found = effects(drawn_panel(effect=4.0))
    others = {name for name in found.others if not name.startswith("period")}
    assert others == {"augmented", "synthetic_difference_in_differences", "difference_in_differences"}
    assert isinstance(found.others["augmented"], Effect)
    assert found.others["augmented"].std_error is not None


@pytest.mark.parametrize("method", ["outcome_only", "augmented"])
@pytest.mark.parametrize("permutations", ["moving_block", "iid"])
def test_conformal_inference_needs_periods_and_no_donors(method: str, permutations: str) -> None:
    few = drawn_panel(2, donors=5, effect=5.0)
    found = effects(few, 0.1, method=method, inference="conformal", permutations=permutations, draws=99)
    main = main_effect(found)
    assert main.p_value is not None
    assert main.p_value <= 0.1
    assert main.lower < main.value < main.upper
    assert permutations in main.method


def test_relative_to_the_fit_or_to_held_out_periods() -> None:
    sample = drawn_panel(5, effect=2.0)
    held_out, classic = effects(sample), effects(sample, relative_to="pre_period_error")
    assert held_out.numbers["held-out MSPE"] > held_out.numbers["pre-period MSPE"]
    assert "held-out MSPE" not in classic.numbers
    assert main_effect(held_out).value == main_effect(classic).value


def test_placebos_with_a_bad_fit_may_be_left_out_by_rule() -> None:
    sample = drawn_panel(4, donors=40, effect=2.0)
    all_of_them, some = effects(sample), effects(sample, largest_placebo_mspe_ratio=3.0, alpha=0.2)
    assert some.numbers["placebos"] < all_of_them.numbers["placebos"] == 40


def test_donors_may_be_named_or_excluded() -> None:
    sample = drawn_panel(0)
    kept = [name for name in sample.units if name not in ("u00", "u03")]
    assert main_effect(effects(sample, donors=kept)) == main_effect(effects(sample, exclude=["u03"]))


def test_a_null_panel_is_rejected_about_as_often_as_alpha_says() -> None:
    samples = (drawn_panel(seed, donors=19) for seed in range(100, 160))
    rejected = sum((main_effect(effects(sample)).p_value or 1) <= 0.05 for sample in samples)
    assert rejected <= MOST_NULL_REJECTIONS


def _values(**change: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    values = drawn_outcomes()
    for name, number in change.items():
        values[int(name.removeprefix("unit"))] = number
    return values


def test_too_few_donors_for_alpha_are_refused_with_the_number_needed() -> None:
    found = effects(drawn_panel(donors=12))
    assert refusal(found).reason == "too_few_units"
    assert "0.0769 and can never be 0.05 or less; 19 are needed" in refusal(found).detail
    assert isinstance(found.others["synthetic_difference_in_differences"], Effect)


def test_too_few_periods_for_conformal_inference_are_refused_with_the_number_needed() -> None:
    told = refusal(effects(drawn_panel(), 0.01, inference="conformal"))
    assert told.reason == "too_few_periods"
    assert "100 are needed" in told.detail


@pytest.mark.parametrize("before", [0, 1])
def test_no_or_one_period_before_the_change_is_refused(before: int) -> None:
    told = refusal(effects(panel(drawn_outcomes(), before)))
    assert told.reason == ("no_pre_period", "too_few_periods")[before]


def test_missing_cells_are_refused_and_located() -> None:
    sample = drawn_panel()
    told = refusal(effects(sample.keep(np.arange(len(sample)) != 40)))
    assert told.reason == "missing_cells"
    assert "1 of 600 cells have no outcome, the first unit 'u01' in period '16'" in told.detail


def test_treatment_that_switches_off_or_is_staggered_is_refused() -> None:
    values = drawn_outcomes()
    unit, period = np.repeat(np.arange(25), 24), np.tile(np.arange(24), 25)
    off = panel_of(unit, period, values.ravel(), ((unit == 0) & (period == BEFORE)).astype(float))
    late = (unit == 0) & (period >= BEFORE) | (unit == 1) & (period >= 20)
    assert refusal(effects(off)).reason == "treatment_switches_off"
    assert "staggered_adoption" in refusal(effects(panel_of(unit, period, values.ravel(), late.astype(float)))).detail


def test_constant_outcomes_are_refused() -> None:
    told = refusal(effects(panel(np.ones((25, 24)), BEFORE)))
    assert told.reason == "zero_variance"


def test_a_constant_treated_unit_among_moving_donors_has_an_effect_of_its_own_path() -> None:
    found = effects(panel(_values(unit0=0.0), BEFORE))
    assert np.isfinite(main_effect(found).value)


def test_an_exact_fit_without_an_error_is_refused() -> None:
    values = drawn_outcomes()
    values[0] = values[1]
    told = refusal(effects(panel(values, BEFORE)))
    assert told.reason == "poor_fit"
    assert "add periods, or use fewer donors" in told.detail


def test_weights_of_units_that_are_no_donors_are_refused() -> None:
    told = refusal(effects(drawn_panel(), weights={"u01": 0.5, "u99": 0.5}))
    assert "`weights` name units that are no donors: u99" in told.detail


def test_treated_donors_are_refused() -> None:
    assert "treated themselves: u00" in refusal(effects(drawn_panel(), donors=("u00", "u01"))).detail


def test_unknown_predictors_are_refused() -> None:
    told = refusal(effects(drawn_panel(), method="predictors", predictors={"x": {"first": 0, "last": 3}}))
    assert isinstance(told, Refusal)
    assert "'x' is no covariate" in told.detail
