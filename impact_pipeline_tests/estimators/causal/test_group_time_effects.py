from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.causal.exhibits import Curve
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline_tests.estimators.causal.adopters import FIRST, PERIODS, answered, asked, panel


def effect(found: Effects, name: str = "main") -> Effect:
    one = found.main if name == "main" else found.others[name]
    assert isinstance(one, Effect), one
    return one


def curve(found: Effects, name: str) -> Curve:
    one = next(exhibit for exhibit in found.exhibits if exhibit.name == name)
    assert isinstance(one, Curve)
    return one


def test_the_design_finds_this_estimator() -> None:
    found = causal_estimator(asked().design)
    assert found is not None
    assert found.name == "group_time_effects"


@pytest.mark.parametrize("name", ["simple", "dynamic", "group", "calendar"])
def test_the_main_effect_is_the_aggregation_that_is_asked_for(name: str) -> None:
    found = answered(asked(aggregation=name))
    assert effect(found) == effect(found, name)


def test_effects_grow_by_event_time_and_differ_by_cohort() -> None:
    """Planted: 1 + periods since adoption, so 2.5 on average for those of 2003 and 1.5 for those of 2005."""
    found = answered(asked())
    for event in range(4):
        one = effect(found, f"event {event}")
        assert abs(one.value - (1 + event)) < 4 * (one.std_error or 0)
    assert effect(found, "group 2003").value == pytest.approx(2.5, abs=0.6)
    assert effect(found, "group 2005").value == pytest.approx(1.5, abs=0.6)
    assert list(found.others)[:4] == ["simple", "dynamic", "group", "calendar"]


def test_interval_and_p_value_come_from_one_method() -> None:
    found = [effect(answered(asked(panel(seed=seed, effect=0.1)))) for seed in range(40)]
    assert {one.p_value is not None and one.p_value < 0.05 for one in found} == {True, False}
    assert all((one.p_value < 0.05) == (one.lower > 0 or one.upper < 0) for one in found if one.p_value is not None)


def test_the_untreated_mean_is_the_treated_one_without_the_effect() -> None:
    sample = panel()
    found = answered(asked(sample, aggregation="simple"))
    main = effect(found)
    assert main.treated is not None
    assert main.untreated is not None
    assert main.treated - main.untreated == pytest.approx(main.value)
    assert main.treated == pytest.approx(sample.outcome[sample.treated > 0].mean())


def test_the_second_estimator_and_the_regression_stand_beside() -> None:
    found = answered(asked(aggregation="simple"))
    assert effect(found, "cross-check imputation").value == pytest.approx(effect(found).value, abs=0.3)
    assert effect(found, "two-way fixed effects").value < effect(found).value - 0.2
    assert "cross-check imputation" not in answered(asked(cross_check="none")).others


def test_counts_numbers_and_method_are_told() -> None:
    found = answered(asked(comparison="not_yet_treated"))
    assert found.counts == {"treated": 80, "untreated": 60}
    assert effect(found).method == "group-time effects, not yet treated"
    assert effect(found).degrees_of_freedom == 139
    assert found.numbers["cohorts"] == 2
    assert 0 < found.numbers["forbidden comparisons"] < 1
    assert found.numbers["pre-test degrees of freedom"] == 4
    size = np.repeat(np.random.default_rng(1).normal(size=len(FIRST)), PERIODS)
    given = answered(asked(panel(covariates={"size": size}), estimation="ipw"))
    assert effect(given).method == "group-time effects, never treated, propensity weighting"


def test_the_event_study_shows_bands_for_all_points_at_once() -> None:
    wide, narrow = (curve(answered(asked(bands=bands)), "event_study") for bands in ("simultaneous", "pointwise"))
    assert [point.label for point in wide.points] == ["-3", "-2", "-1", "0", "1", "2", "3"]
    assert (wide.simultaneous, narrow.simultaneous, wide.starts) == (True, False, 0.0)
    for one, other in zip(wide.points, narrow.points, strict=True):
        assert one.value == other.value
        assert None not in (one.upper, other.upper)
        assert (one.upper or 0) - one.value > (other.upper or 0) - other.value


def test_the_reference_of_a_universal_base_has_no_interval() -> None:
    found = answered(asked(base_period="universal"))
    point = next(point for point in curve(found, "event_study").points if point.label == "-1")
    assert (point.value, point.lower, point.upper) == (0.0, None, None)
    assert "event -1" not in found.others


def test_bands_cover_all_effects_before_adoption_in_most_samples() -> None:
    covered = 0
    for seed in range(200):
        found = curve(answered(asked(panel(seed=seed, effect=0.0), draws=500)), "event_study")
        covered += all((point.lower or 0) <= 0 <= (point.upper or 0) for point in found.points)
    assert covered / 200 == pytest.approx(0.95, abs=0.046)


def test_everything_is_a_plain_number() -> None:
    found = answered(asked(base_period="universal", aggregation="calendar"))
    points = [point for exhibit in found.exhibits if isinstance(exhibit, Curve) for point in exhibit.points]
    numbers = [number for point in points for number in (point.position, point.value, point.lower, point.upper)]
    numbers += [*found.numbers.values()]
    assert all(value is None or (type(value) is float and math.isfinite(value)) for value in numbers)


def test_answers_are_equal_on_repeat() -> None:
    assert answered(asked()).exhibits == answered(asked()).exhibits
    assert answered(asked()).main == answered(asked()).main


def test_a_cohort_of_one_unit_has_no_effect_of_its_own() -> None:
    found = answered(asked(panel(np.array([3] + [4] * 40 + [6] * 60))))
    alone = found.others["group 2004"]
    assert isinstance(alone, Refusal)
    assert alone.reason == "too_few_units"
    assert isinstance(found.main, Effect)


def test_units_left_out_and_uneven_periods_are_noted() -> None:
    sample = panel(np.array([0, *FIRST]))
    years = np.array([int(sample.periods[place]) for place in sample.period])
    uneven = panel_of(
        sample.unit.tolist(), np.where(years == 2006, 2008, years).tolist(), sample.outcome, sample.treated
    )
    assert answered(asked(uneven)).notes == (
        "1 of 141 units have no period before they adopt and are left out",
        "periods are not evenly spaced: event times count the periods that rows have",
    )


def switched_off() -> Panel:
    sample = panel()
    treated = sample.treated.copy()
    treated[PERIODS - 1] = 0.0
    return panel_of(sample.unit.tolist(), sample.period.tolist(), sample.outcome, treated)


def with_gaps() -> Panel:
    sample = panel()
    rows = np.random.default_rng(0).random(len(sample)) < 0.8
    return sample.keep(rows)


def constant() -> Panel:
    sample = panel()
    return panel_of(sample.unit.tolist(), sample.period.tolist(), np.ones(len(sample)), sample.treated)


@pytest.mark.parametrize(
    ("sample", "settings", "reason"),
    [
        (switched_off(), {}, "treatment_switches_off"),
        (with_gaps(), {}, "missing_cells"),
        (constant(), {}, "zero_variance"),
        (panel(np.array([2] * 20 + [4] * 20)), {}, "empty_arm"),
        (panel(np.array([2] * 20)), {"comparison": "not_yet_treated"}, "empty_arm"),
        (panel(np.array([0] * 20 + [6] * 20)), {}, "no_pre_period"),
        (panel(np.array([3] + [6] * 20)), {}, "too_few_units"),
        (panel(np.array([6] * 20)), {}, "empty_arm"),
        (panel().keep(panel().period == 0), {}, "too_few_periods"),
    ],
)
def test_bad_samples_are_refused(sample: Panel, settings: dict[str, Any], reason: str) -> None:
    found = answered(asked(sample, **settings))
    assert isinstance(found.main, Refusal)
    assert found.main.reason == reason
    assert sum(found.counts.values()) == len(sample.units)


def test_without_never_treated_units_those_not_yet_treated_serve() -> None:
    sample = panel(np.array([2] * 40 + [4] * 40))
    found = answered(asked(sample, comparison="not_yet_treated"))
    assert effect(found).value == pytest.approx(1.5, abs=0.7)
    assert found.notes[0].startswith("no unit is never treated: periods from '2005' on are left out")


def test_a_unit_with_two_rows_in_a_period_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="unit '0' has two rows in period '2001'"):
        panel_of([0, 0], [2001, 2001], [1.0, 2.0], [0, 0])
