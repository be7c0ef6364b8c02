"""A small shop whose regions switch from block to block of four hours."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.exposures.query import BLOCK_MARK
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.outcomes.shop_rows import look
from impact_pipeline_tests.small_shop import at, document, publish, write_catalog

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


def fill_blocks(lake: Lake) -> None:
    for day in (*DAYS, "2026-03-07"):
        publish(lake, "exposures", day, [b for b in BLOCKS if b["exposed_at"].date().isoformat() == day])
        publish(lake, "orders", day, [o for o in ORDERS if o["ordered_at"].date().isoformat() == day])


def measured(home: Path, washout: int = 30) -> Lake:
    catalog, lake = switching(home / "catalog", washout), Lake(home)
    fill_blocks(lake)
    look(catalog, lake, LAST)
    return lake


def blocks_by_hand(washout: int) -> dict[str, tuple[str, int]]:
    """Region and number of the block -> its arm and cents of orders after the wash-out."""
    found = {}
    for block in BLOCKS:
        start = block["exposed_at"]
        mine = [o for o in ORDERS if o["user_id"] == block["user_id"]]
        kept = [o for o in mine if o["ordered_at"] >= start + timedelta(minutes=washout)]
        number = int(start.timestamp() // (240 * 60))
        found[f"{block['device']}{BLOCK_MARK}{number}"] = (block["arm"], sum(int(o["amount"] * 100) for o in kept))
    return found
