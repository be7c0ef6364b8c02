from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.synthetic_control.block import Block, block_of
from impact_pipeline_tests.stats.synthetic_control.panels import outcomes, panel

UNITS = ("a", "a", "a", "b", "b", "b", "c", "c", "c")
PERIODS = (1, 2, 3) * 3
VALUES = (1.0, 2.0, 9.0, 3.0, 4.0, 5.0, 1.0, 0.0, 1.0)


def _panel(treated: tuple[float, ...], values: tuple[float, ...] = VALUES) -> Panel:
    return panel_of(UNITS, PERIODS, values, treated)


def test_block_puts_treated_units_first() -> None:
    found = block_of(_panel((0, 0, 0, 0, 0, 1, 0, 0, 0)))
    assert isinstance(found, Block)
    assert (found.names, found.starts, found.treated_count) == (("b", "a", "c"), 2, 1)
    assert found.target.tolist() == [3.0, 4.0, 5.0]


def test_block_takes_the_mean_of_several_treated_units_and_counts_a_share_of_a_period() -> None:
    found = block_of(_panel((0, 0.5, 1, 0, 1, 1, 0, 0, 0)))
    assert isinstance(found, Block)
    assert found.starts == 1
    assert found.target.tolist() == [2.0, 3.0, 7.0]


def test_block_does_not_depend_on_the_order_of_rows_and_takes_gaps_in_time_as_they_are() -> None:
    rng = np.random.default_rng(0)
    values = outcomes(0, donors=4, before=4, after=2)
    ordered = panel(values, 4)
    shuffled = rng.permutation(values.size)
    unit, period = np.repeat(np.arange(5), 6), np.tile(np.array([1, 2, 5, 7, 30, 31]), 5)
    on = (unit == 0) & (period >= 30)
    mixed = panel_of(unit[shuffled], period[shuffled], values.ravel()[shuffled], on[shuffled].astype(float))
    one, two = block_of(ordered), block_of(mixed)
    assert isinstance(one, Block)
    assert isinstance(two, Block)
    assert (one.outcomes == two.outcomes).all()


def test_block_uses_the_donors_it_is_told_and_not_the_excluded() -> None:
    rows = _panel((0, 0, 1, 0, 0, 0, 0, 0, 0))
    for found in (block_of(rows, donors=["c"]), block_of(rows, exclude=["b"])):
        assert isinstance(found, Block)
        assert found.donor_names == ("c",)


@pytest.mark.parametrize(
    ("treated", "reason", "told"),
    [
        ((0,) * 9, "empty_arm", "no unit is treated"),
        ((0, 1, 0, 0, 0, 0, 0, 0, 0), "treatment_switches_off", "1 units (a)"),
        ((0, 1, 1, 0, 0, 1, 0, 0, 0), "not_identified", "from 2 to 3; use staggered_adoption"),
        ((1, 1, 1, 0, 0, 0, 0, 0, 0), "no_pre_period", "the first period, 1"),
        ((0, 0, 1, 0, 0, 1, 0, 0, 1), "empty_arm", "no untreated unit"),
    ],
)
def test_block_refuses_treatment_without_a_before_an_after_and_a_beside(
    treated: tuple[float, ...], reason: str, told: str
) -> None:
    found = block_of(_panel(treated))
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert told in found.detail


def test_block_refuses_donors_that_are_treated_or_unknown() -> None:
    rows = _panel((0, 0, 1, 0, 0, 0, 0, 0, 0))
    treated, unknown = block_of(rows, donors=["a", "b"]), block_of(rows, exclude=["z"])
    assert isinstance(treated, Refusal)
    assert "treated themselves: a" in treated.detail
    assert isinstance(unknown, Refusal)
    assert "does not have: z" in unknown.detail


def test_block_refuses_missing_cells_and_names_the_first() -> None:
    found = block_of(panel_of(UNITS[:-1], PERIODS[:-1], VALUES[:-1], (0, 0, 1, 0, 0, 0, 0, 0)))
    assert isinstance(found, Refusal)
    assert found.reason == "missing_cells"
    assert "1 of 9 cells have no outcome, the first unit 'c' in period '3'" in found.detail


def test_block_refuses_donors_without_any_variation() -> None:
    found = block_of(_panel((0, 0, 1, 0, 0, 0, 0, 0, 0), (1.0, 2.0, 3.0, *(5.0,) * 6)))
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"


def test_units_with_two_rows_in_a_period_are_no_panel() -> None:
    with pytest.raises(ValueError, match="unit 'a' has two rows in period '1'"):
        panel_of(["a", "a"], [1, 1], [1.0, 2.0], [0, 0])
