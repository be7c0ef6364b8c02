"""Which rows count, and every refusal with what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences.eligible import Eligible, eligible, starts_of
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn

PANEL = drawn()


def _refused(panel: Panel, **allowed: bool) -> Refusal:
    found = eligible(panel, **allowed)
    assert isinstance(found, Refusal)
    return found


def _switching() -> Panel:
    treated = PANEL.treated.copy()
    treated[(PANEL.unit == 2) & (PANEL.period == 5)] = 0.0
    return replace(PANEL, treated=treated)


@pytest.mark.parametrize(
    ("panel", "reason", "told"),
    [
        (replace(PANEL, outcome=np.full(len(PANEL), 3.0)), "zero_variance", "the outcome is 3 in every row"),
        (replace(PANEL, treated=np.zeros(len(PANEL))), "empty_arm", "no unit is ever treated"),
        (replace(PANEL, treated=(PANEL.period > 2) * 1.0), "empty_arm", "nobody to compare with"),
        (replace(PANEL, treated=(PANEL.unit < 8) * 1.0), "no_pre_period", "from the first period on"),
        (PANEL.keep(PANEL.period == 3), "too_few_periods", "1 period was seen"),
        (_switching(), "treatment_switches_off", "in 1 units (2)"),
        (replace(PANEL, outcome=np.where(PANEL.unit == 0, np.nan, 1.0)), "measure_undefined", "in 6 of 120 rows"),
        (replace(PANEL, weights=np.full(len(PANEL), -1.0)), "measure_undefined", "weight below 0"),
        (replace(PANEL, treated=2 * PANEL.treated), "measure_undefined", "from 0 to 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_eligible_refuses(panel: Panel, reason: str, told: str) -> None:
    found = _refused(panel)
    assert found.reason == reason
    assert told in found.detail


def test_missing_cells_are_refused_where_they_are_not_allowed() -> None:
    panel = PANEL.keep(np.arange(len(PANEL)) != 7)
    assert isinstance(eligible(panel), Eligible)
    found = _refused(panel, missing_cells=False)
    assert (found.reason, found.detail) == ("missing_cells", "1 of 120 cells of units and periods have no row")


def test_units_seen_only_under_treatment_are_left_out_and_named() -> None:
    panel = PANEL.keep(~((PANEL.unit == 1) & (PANEL.period < 3)))
    found = eligible(panel)
    assert isinstance(found, Eligible)
    assert found.treated_units == 7
    assert found.notes == ("1 units seen only under treatment tell nothing and are left out: 1.",)


def test_units_seen_once_are_left_out_and_named() -> None:
    panel = PANEL.keep(~((PANEL.unit >= 15) & (PANEL.period > 0)))
    found = eligible(panel)
    assert isinstance(found, Eligible)
    assert len(found.panel.units) == 15
    assert found.notes == ("5 units seen once tell nothing and are left out: 15, 16, 17 and 2 others.",)


def test_no_treated_unit_with_both_times_is_refused() -> None:
    early = (PANEL.period < 3) & (PANEL.unit < 8)
    starts_later = (PANEL.unit == 7) & (PANEL.period == 4)
    panel = replace(PANEL, treated=np.where((PANEL.unit == 7) & (PANEL.period == 3), 0.0, PANEL.treated))
    found = _refused(panel.keep(~early & ((PANEL.unit != 7) | starts_later)))
    assert found.reason == "no_pre_period"


def test_rows_of_weight_zero_are_left_out() -> None:
    weights = np.where(np.arange(len(PANEL)) >= len(PANEL) - 3, 0.0, 1.0)
    found = eligible(replace(PANEL, weights=weights))
    assert isinstance(found, Eligible)
    assert len(found.panel) == len(PANEL) - 3
    assert found.notes == ("3 rows of weight 0 are left out.",)


def test_starts_are_read_through_missing_cells() -> None:
    full = drawn(units=30, periods=8, start=4, treated=12)
    panel = full.keep(~((full.unit % 3 == 0) & (full.period == 4)))
    assert (starts_of(panel)[:12] == 4).all()
    assert (panel.treated_from[:12] == 4).sum() == 8


def test_starts_that_differ_stay_apart() -> None:
    panel = panel_of([1] * 4 + [2] * 4 + [3] * 4, [1, 2, 3, 4] * 3, [0.0] * 12, [0, 1, 1, 1, 0, 0, 0, 1] + [0] * 4)
    assert starts_of(panel).tolist() == [1, 3, 4]


def test_unsorted_rows_and_gaps_in_time_are_read_in_order() -> None:
    order = np.random.default_rng(0).permutation(len(PANEL))
    period = np.array([1, 2, 3, 10, 11, 30])[PANEL.period]
    shuffled = panel_of(PANEL.unit[order], period[order], PANEL.outcome[order], PANEL.treated[order])
    found = eligible(shuffled)
    assert isinstance(found, Eligible)
    assert found.panel.outcome.tolist() == PANEL.outcome.tolist()
    assert found.panel.periods == ("1", "2", "3", "10", "11", "30")


def test_two_rows_of_a_unit_in_a_period_are_named() -> None:
    with pytest.raises(ValueError, match="unit '7' has two rows in period '3'"):
        panel_of([7, 8, 7], [3, 3, 3], [1.0, 2.0, 3.0], [0, 0, 0])
