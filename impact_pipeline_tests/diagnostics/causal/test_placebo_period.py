from __future__ import annotations

from dataclasses import replace

from impact_pipeline.diagnostics.causal.placebo_period import PlaceboPeriod
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


def test_parallel_trends_pass_whatever_the_real_effect() -> None:
    found = checked(PlaceboPeriod(), panel(effect=30.0)).finding
    assert found.passed
    assert found.details["pretended"] == "3"
    assert found.details["periods"] == 5


def test_a_drift_before_the_change_fails() -> None:
    sample = panel()
    drifting = replace(sample, outcome=sample.outcome + 0.6 * sample.period * (sample.unit < 30))
    found = checked(PlaceboPeriod(), drifting).finding
    assert found.passed is False
    assert found.consequence == "never_ship"
    assert found.sentence.startswith("A change pretended in period 3 has an effect of its own")


def test_short_times_before_and_rows_without_units_are_not_judged() -> None:
    short = checked(PlaceboPeriod(), panel(periods=4, start=1)).finding
    assert short.passed is None
    assert short.details == {"reason": "too_few_periods"}
    assert checked(PlaceboPeriod(), sections(), estimator="group_means").finding.passed is None
