"""A small shop whose regions switch: blocks with their wash-out, against a count by hand over plain Python rows."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.exposures.query import BLOCK_MARK
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.blocks import BlockValues, block_values
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.outcomes.shop_rows import look
from impact_pipeline_tests.small_shop import ENGINE, at, document, publish, write_catalog

DAYS = ("2026-03-04", "2026-03-05", "2026-03-06")
LAST = date(2026, 3, 9)
PLAN = document("studies/ranker_v2.yaml")
METRICS = PLAN.split("metrics:")[1].split("segments:")[0]
Block = dict[str, Any]


def switching(root: Path, washout: int = 30) -> Catalog:
    plan = PLAN.replace(METRICS, "\n  - {metric: plain, role: success}\n").split("segments:")[0]
    blocks = f"type: switchback, cluster: device, block_minutes: 240, washout_minutes: {washout},"
    plan = plan.replace("type: randomized,", blocks) + "decision: {min_units_per_arm: 2}\n"
    metric = document("metrics/revenue.yaml").replace("name: revenue", "name: plain").replace("days: 3", "days: 2")
    metric = metric.replace("covariates: [revenue_before]\n", "")
    write_catalog(root)
    contract = (root / "contracts" / "exposures.yaml").read_text(encoding="utf-8")
    required = contract.replace("{name: device,", "{name: device, required: true,")
    changes = {
        "studies/ranker_v2.yaml": plan, "metrics/plain.yaml": metric, "contracts/exposures.yaml": required,
    }  # fmt: skip
    return write_catalog(root, fold="direct", changes=changes)


def drawn(seed: int = 1) -> tuple[list[Block], list[Block]]:
    """Blocks of four hours in three regions, the last of a day ending at 2 o'clock; orders within each of them."""
    rng = random.Random(seed)
    blocks: list[Block] = []
    orders: list[Block] = []
    for region in ("north", "south", "west"):
        for number in range(18):
            start = at("03-04 02:00") + timedelta(hours=4 * number)
            if start.date().isoformat() in DAYS:
                unit = len(blocks)
                arm = rng.choice(["control", "treatment"])
                blocks.append({"user_id": unit, "exposed_at": start, "arm": arm, "device": region})
                for _ in range(rng.randrange(12)):
                    placed = start + timedelta(minutes=rng.randrange(240))
                    order = {"amount": Decimal(rng.randrange(100, 9000)) / 100, "items": 1, "channel": "web"}
                    orders.append({"user_id": unit, "ordered_at": placed, **order})
    return blocks, orders


BLOCKS, ORDERS = drawn()


def measured(home: Path, washout: int = 30) -> Lake:
    catalog, lake = switching(home / "catalog", washout), Lake(home)
    for day in (*DAYS, "2026-03-07"):
        publish(lake, "exposures", day, [b for b in BLOCKS if b["exposed_at"].date().isoformat() == day])
        publish(lake, "orders", day, [o for o in ORDERS if o["ordered_at"].date().isoformat() == day])
    look(catalog, lake, LAST)
    return lake


def by_hand(washout: int) -> dict[str, tuple[str, int]]:
    """Region and number of the block -> its arm and cents of orders after the wash-out."""
    found = {}
    for block in BLOCKS:
        start = block["exposed_at"]
        mine = [o for o in ORDERS if o["user_id"] == block["user_id"]]
        kept = [o for o in mine if o["ordered_at"] >= start + timedelta(minutes=washout)]
        number = int(start.timestamp() // (240 * 60))
        found[f"{block['device']}{BLOCK_MARK}{number}"] = (block["arm"], sum(int(o["amount"] * 100) for o in kept))
    return found


@pytest.mark.parametrize("washout", [0, 30])
def test_cells_of_blocks_equal_a_count_by_hand(tmp_path: Path, washout: int) -> None:
    cells = read_cells(measured(tmp_path, washout).cells("ranker_v2"), ENGINE)
    expected = by_hand(washout)
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
