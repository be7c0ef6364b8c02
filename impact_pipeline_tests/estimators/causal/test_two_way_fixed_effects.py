"""Difference-in-differences on panels: published tables, what stands beside the effect, pictures, and refusals."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.causal.exhibits import Curve, Paths
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.estimators.causal.two_way_fixed_effects import TwoWayFixedEffects
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline_tests.estimators.causal.followed_units import answered, asked, design, panel, sections

DATA = Path(__file__).parents[2] / "analysis" / "data"
PRINTED = 5e-4
"""The Effect, table 18.3, prints three digits."""


def _organ_donations() -> Panel:
    with (DATA / "did_organ.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    quarter = [int(row["Quarter_Num"]) for row in rows]
    treated = [row["State"] == "California" and q > 3 for row, q in zip(rows, quarter, strict=True)]
    return panel_of(
        [row["State"] for row in rows], quarter, [float(row["Rate"]) for row in rows], np.array(treated, float)
    )


def _effect(found: Effects, name: str = "main") -> Effect:
    one = found.main if name == "main" else found.others[name]
    assert isinstance(one, Effect), one
    return one


def test_organ_donations_are_those_of_the_effect() -> None:
    """Huntington-Klein (2021), The Effect, table 18.3 and figure 18.6, on Kessler and Roth (2014)."""
    found = answered(asked(_organ_donations(), errors="CR1"))
    assert _effect(found).value == pytest.approx(-0.022, abs=PRINTED)
    assert _effect(found).std_error == pytest.approx(0.006, abs=PRINTED)
    events = {"event -3": -0.003, "event -2": 0.006, "event 0": -0.022, "event 1": -0.020, "event 2": -0.022}
    assert {name: _effect(found, name).value for name in events} == pytest.approx(events, abs=PRINTED)


def test_one_treated_unit_has_no_answer_by_default() -> None:
    found = answered(asked(_organ_donations()))
    assert isinstance(found.main, Refusal)
    assert found.main.reason == "too_few_clusters"
    assert "1 treated cluster of 27" in found.main.detail
    assert found.counts == {"treated": 1, "untreated": 26}


def test_the_registry_gives_this_estimator_unless_means_are_asked_for() -> None:
    assert isinstance(causal_estimator(design()), TwoWayFixedEffects)
    assert not isinstance(causal_estimator(design(estimator="group_means")), TwoWayFixedEffects)


def test_effects_are_told_with_means_events_and_a_second_estimator() -> None:
    sample = panel()
    found = answered(asked(sample))
    main = _effect(found)
    assert main.method == "two-way fixed effects, CR1"
    assert main.treated is not None
    assert main.untreated is not None
    assert main.treated - main.untreated == pytest.approx(main.value)
    assert list(found.others) == [f"event {k}" for k in (-5, -4, -3, -2, 0, 1, 2)] + ["average event", "group means"]
    lags = np.mean([_effect(found, f"event {k}").value for k in (0, 1, 2)])
    assert _effect(found, "average event").value == pytest.approx(lags)
    assert _effect(found, "group means").value == pytest.approx(main.value)
    assert found.numbers["clusters"] == 60
    assert found.numbers["missing cells"] == 0


def test_pictures_hold_plain_finite_numbers() -> None:
    found = answered(asked(panel(), leads=4, lags=1))
    curve, paths = found.exhibits
    assert isinstance(curve, Curve)
    assert isinstance(paths, Paths)
    assert [point.label for point in curve.points] == ["-4 and before", "-3", "-2", "-1", "0", "1 and after"]
    assert curve.points[3].value == 0.0
    assert curve.points[3].lower is None
    assert curve.simultaneous
    band = [(point.lower, point.value, point.upper) for point in curve.points if point.lower is not None]
    assert all(type(number) is float and np.isfinite(number) for row in band for number in row)
    assert paths.starts == 5
    assert paths.actual[4] == paths.counterfactual[4]
    assert all(type(number) is float for number in (*paths.actual, *paths.lower, *paths.upper))
    assert all(
        low <= middle <= high for low, middle, high in zip(paths.lower, paths.counterfactual, paths.upper, strict=True)
    )


def test_covariates_of_other_units_or_times_are_refused_by_name() -> None:
    sample = panel()
    found = answered(asked(replace(sample, covariates={"region": sample.unit % 3 + 0.0})))
    assert isinstance(found.main, Refusal)
    assert found.main.detail == "'region' does not vary beyond unit and period effects: leave it out"


def test_coefficients_of_covariates_are_told() -> None:
    found = answered(asked(panel(covariates=("age",))))
    assert 0 < found.numbers["coefficient age"] < 2


def test_starts_in_turns_are_noted_and_have_no_four_means() -> None:
    sample = panel()
    later = np.where((sample.unit < 10) & (sample.period < 7), 0.0, sample.treated)
    found = answered(asked(replace(sample, treated=later)))
    assert "group means" not in found.others
    assert any("start in different periods" in note for note in found.notes)


def test_an_event_study_without_answer_leaves_the_average_standing() -> None:
    found = answered(asked(panel(start=1), reference=-2))
    assert _effect(found).value == pytest.approx(1.0, abs=0.8)
    assert isinstance(found.others["event study"], Refusal)
    assert found.exhibits == ()


@pytest.mark.parametrize(
    ("sample", "settings", "reason"),
    [
        (sections(), {}, "not_identified"),
        (replace(panel(), outcome=np.ones(480)), {}, "zero_variance"),
        (panel(start=0), {}, "no_pre_period"),
        (panel(treated=60), {}, "empty_arm"),
        (panel(treated=1), {}, "too_few_clusters"),
        (panel(seen=0.8), {"missing_cells": "refuse"}, "missing_cells"),
        (replace(panel(), treated=1.0 * (np.arange(480) % 8 == 5)), {}, "treatment_switches_off"),
    ],
)
def test_bad_panels_are_refused_with_what_was_found(sample: Any, settings: dict[str, Any], reason: str) -> None:
    found = answered(asked(sample, **settings)).main
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert len(found.detail) > 20


def test_answers_are_equal_on_repeat() -> None:
    question = asked(panel(units=12, treated=5), errors="wild_bootstrap")
    first, second = answered(question), answered(question)
    assert (first.main, first.others, first.exhibits) == (second.main, second.others, second.exhibits)
