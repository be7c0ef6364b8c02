"""A small shop whose regions switch: blocks with their wash-out, against a count by hand over plain Python rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.outcomes.blocks import BlockValues, block_values
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.outcomes.block_rows import DAYS, LAST, blocks_by_hand, measured, switching
from impact_pipeline_tests.outcomes.shop_rows import look
from impact_pipeline_tests.small_shop import ENGINE


@pytest.mark.parametrize("washout", [0, 30])
def test_cells_of_blocks_equal_a_count_by_hand(tmp_path: Path, washout: int) -> None:
    cells = read_cells(measured(tmp_path, washout).cells("ranker_v2"), ENGINE)
    expected = blocks_by_hand(washout)
    assert sorted(cells.clusters()) == sorted(expected)
    for name, (arm, cents) in expected.items():
        found = cells.moments("plain", arm, (CLUSTER, name))
        assert (found.n, found.y) == (1, cents)


def test_the_washout_is_part_of_what_cells_are_made_from(tmp_path: Path) -> None:
    lake = measured(tmp_path)
    before = lake.cells("ranker_v2").state()
    again = look(switching(tmp_path / "catalog", 60), lake, LAST, generation="2")
    assert before is not None
    assert again.state.fingerprint != before.fingerprint
    assert again.state.facts["cohorts_measured"] == list(DAYS)


def moments(n: list[int], y: list[int], d: list[int]) -> Moments:
    return Moments(n=as_exact(n), y=as_exact(y), d=as_exact(d))


def test_a_ratio_leaves_blocks_without_events_out() -> None:
    names = ["north@7", "north@8", "south@7"]
    found = block_values(
        names, moments([1, 0, 0], [6, 0, 0], [3, 0, 0]), moments([0, 1, 1], [0, 0, 8], [0, 0, 2]), ratio=True
    )
    assert isinstance(found, BlockValues)
    assert (found.blocks.outcome.tolist(), found.blocks.unit.tolist(), found.left_out) == (
        [2.0, 4.0], ["north", "south"], 1,
    )  # fmt: skip
    assert found.effects == "unit_and_period"


def test_regions_that_switch_together_have_no_period_effects() -> None:
    names = ["north@7", "north@8", "south@7", "south@8"]
    found = block_values(
        names, moments([1, 0, 1, 0], [6, 0, 5, 0], [0] * 4), moments([0, 1, 0, 1], [0, 1, 0, 2], [0] * 4), ratio=False
    )
    assert isinstance(found, BlockValues)
    assert found.effects == "unit"


def test_a_block_of_both_arms_is_refused_and_so_is_nothing() -> None:
    both = block_values(["north@7"], moments([1], [6], [0]), moments([1], [6], [0]), ratio=False)
    assert both == Refusal("mixed_clusters", "1 blocks hold both arms, such as 'north@7'; mend their log")
    none = block_values(["north@7"], moments([0], [0], [0]), moments([0], [0], [0]), ratio=False)
    assert none == Refusal("empty_arm", "no block has any event yet")
