from __future__ import annotations

from impact_pipeline.causal.exhibits import Histogram
from impact_pipeline.sensitivity.placebo_units import PlaceboUnits
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


def test_a_real_effect_stands_out_and_is_marked() -> None:
    told = checked(PlaceboUnits(), panel(effect=2.0))
    assert told.finding.passed
    assert told.finding.statistic == 1 / 200
    (shown,) = told.exhibits
    assert isinstance(shown, Histogram)
    assert sum(shown.groups[0][1]) == 199
    assert shown.mark is not None
    assert shown.edges[0] <= shown.mark <= shown.edges[-1]


def test_an_interval_that_one_unit_made_too_short_fails() -> None:
    outcomes = [
        checked(PlaceboUnits(), panel(seed=s, units=40, treated=1, effect=0.0), errors="CR1") for s in range(20)
    ]
    judged = [told.finding.passed for told in outcomes]
    assert judged.count(False) >= 10
    assert outcomes[0].finding.consequence in ("never_ship", "none")


def test_units_too_few_to_tell_are_not_judged() -> None:
    found = checked(PlaceboUnits(), panel(units=6, treated=1, effect=9.0), errors="CR1").finding
    assert found.passed is None
    assert "so few units allow no less than 16.7%" in found.sentence


def test_an_effect_that_is_none_is_told_and_not_judged() -> None:
    found = checked(PlaceboUnits(), panel(effect=0.0)).finding
    assert found.passed is None
    assert found.statistic is not None


def test_draws_are_those_of_the_design_and_equal_on_repeat() -> None:
    first = checked(PlaceboUnits(), panel(), placebo_draws=49)
    assert first.finding.details["draws"] == 49
    assert first == checked(PlaceboUnits(), panel(), placebo_draws=49)


def test_rows_without_units_are_not_judged() -> None:
    assert checked(PlaceboUnits(), sections(), estimator="group_means").finding.passed is None
