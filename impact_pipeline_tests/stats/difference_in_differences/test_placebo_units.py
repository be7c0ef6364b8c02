"""Dealt treatments against full regressions, counting by hand, and the size of the test."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences.average_effect import AverageEffect, average_effect
from impact_pipeline.stats.difference_in_differences.placebo_units import PlaceboUnits, placebo_units
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, rows_of


def _average(panel: Panel) -> AverageEffect:
    found = average_effect(rows_of(panel), "CR1", 0.05, np.random.default_rng(0))
    assert isinstance(found, AverageEffect), found
    return found


def _dealt(panel: Panel, draws: int = 99) -> PlaceboUnits:
    found = placebo_units(_average(panel), draws, np.random.default_rng(0))
    assert isinstance(found, PlaceboUnits)
    return found


@pytest.mark.parametrize("given", [{}, {"seen": 0.8}, {"weighted": True, "covariates": ("a",)}, {"groups": 2}])
def test_each_unit_in_turn_is_the_regression_with_that_unit_treated(given: dict[str, object]) -> None:
    panel = rows_of(drawn(units=9, treated=1, **given)).panel  # type: ignore[arg-type]
    path = (panel.period >= panel.treated_from.min()) * 1.0
    found = _dealt(panel).effects
    assert len(found) == len(panel.units) - 1
    for place, unit in enumerate(range(1, len(panel.units))):
        moved = replace(panel, treated=np.where(panel.unit == unit, path, 0.0))
        assert found[place] == pytest.approx(_average(moved).inferred.value, abs=1e-9)


def test_p_value_is_the_share_at_least_as_far_from_zero() -> None:
    panel = drawn(units=12, treated=1, effect=3.0)
    found = _dealt(panel)
    own = abs(_average(panel).inferred.value)
    assert found.p_value == (1 + np.sum(np.abs(found.effects) >= own)) / 12
    assert found.smallest == 1 / 12


def test_draws_come_near_all_ways_of_dealing() -> None:
    panel = drawn(units=8, treated=3, effect=0.4, seed=3)
    changes = panel.matrix(panel.outcome)
    changes = changes[:, 3:].mean(axis=1) - changes[:, :3].mean(axis=1)
    every = [changes[list(few)].mean() - np.delete(changes, few).mean() for few in combinations(range(8), 3)]
    exact = np.mean(np.abs(every) >= abs(_average(panel).inferred.value) - 1e-9)
    assert _dealt(panel, 1999).p_value == pytest.approx(exact, abs=0.04)


def test_whole_clusters_are_dealt_where_they_are_treated_whole() -> None:
    panel = drawn(units=12, clusters=4)
    assert panel.cluster is not None
    whole = replace(panel, treated=(panel.cluster == 0) * (panel.period >= 3) * 1.0)
    assert len(_dealt(whole).effects) == 3


def test_test_has_its_size_where_errors_differ_by_unit() -> None:
    small = [_dealt(drawn(seed, units=15, treated=1, effect=0.0), 99).p_value <= 1 / 15 + 1e-9 for seed in range(300)]
    assert 0.03 <= np.mean(small) <= 0.12


def test_starts_in_turns_are_dealt_with_their_starts() -> None:
    unit, period = np.repeat(np.arange(8), 5), np.tile(np.arange(5), 8)
    starts = np.array([2, 3, 4, 9, 9, 9, 9, 9])
    panel = panel_of(unit, period, np.random.default_rng(0).normal(size=40), period >= starts[unit])
    assert len(np.unique(_dealt(panel).effects.round(9))) > 50


def test_all_units_treated_in_turns_by_one_path_each_are_dealt_too() -> None:
    unit, period = np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)
    starts = np.array([2, 2, 3, 3, 4, 4])
    panel = panel_of(unit, period, np.random.default_rng(0).normal(size=30), period >= starts[unit])
    found = placebo_units(_average(panel), 99, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_units"
