"""The small shop with a learnt feature, and enough customers to learn from: web orders tell of later app orders."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.features.build import build_day
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import Publication
from impact_pipeline_tests.small_shop import ENGINE, at, publish, write_catalog

FIRST, ON = date(2026, 3, 1), date(2026, 3, 8)
TRAINED_ON = date(2026, 3, 5)
USERS, HORIZON, LOOKBACK, FOLDS = 240, 3, 3, 4

OWNED = "version: 1\nowner: team:data\ndescription: test\nentity: user\n"
INPUT = OWNED + f"type: sum\ndataset: orders\nevent_at: ordered_at\nlookback_days: {LOOKBACK}\n"
REVENUE = f"{INPUT}expression: amount\nfilter: channel = 'web'\nscale: 2\nunit: EUR\n"
ITEMS_MISSING = 1
ITEMS = f"""{INPUT}expression: items
filter: channel = 'web' and items > 1
unit: items
remediation: {{missing: {ITEMS_MISSING}}}
"""
"""Of orders of several items: it does not know every customer whom the revenue knows."""

LEARNT = f"""type: learnt
name: app_learnt
{OWNED}inputs: [web_revenue, web_items]
target: {{fact: orders, measure: revenue, filter: channel = 'app'}}
horizon_days: {HORIZON}
model: ridge
folds: {FOLDS}
scale: 4
unit: EUR
"""
DOCUMENTS = {
    "features/web_revenue.yaml": f"name: web_revenue\n{REVENUE}",
    "features/web_items.yaml": f"name: web_items\n{ITEMS}",
    "features/app_learnt.yaml": LEARNT,
}

Row = dict[str, Any]


def learnt_catalog(home: Path, **changes: str) -> Catalog:
    """The catalog below `home`; `changes` replaces fields of the learnt feature, or adds some."""
    kept = [line for line in LEARNT.splitlines() if line.split(":")[0] not in changes]
    text = "\n".join([*kept, *(f"{field}: {value}" for field, value in changes.items())]) + "\n"
    return write_catalog(home / "catalog", changes={**DOCUMENTS, "features/app_learnt.yaml": text})


def orders(seed: int = 5) -> dict[str, list[Row]]:
    """Day -> orders of FIRST to the day before ON: a customer's rate drives both channels."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(1.0, 0.6, USERS)
    found: dict[str, list[Row]] = {}
    for number in range((ON - FIRST).days):
        day = (FIRST + timedelta(days=number)).isoformat()
        found[day] = [
            order(user, day, channel, int(rng.integers(1, 90)), int(rng.integers(1, 4)))
            for channel in ("web", "app")
            for user in np.repeat(np.arange(USERS), rng.poisson(rates)).tolist()
        ]
    return found


def order(user: int, day: str, channel: str, euros: int, items: int = 1, time: str = "12:00") -> Row:
    moment = at(f"{day[5:]} {time}")
    return {"user_id": user, "ordered_at": moment, "amount": Decimal(euros), "items": items, "channel": channel}


def publish_orders(lake: Lake, rows: dict[str, list[Row]], generation: str = "1") -> None:
    for day, of_day in rows.items():
        publish(lake, "orders", day, of_day, generation=generation)


def build(
    catalog: Catalog, lake: Lake, view: str, on: date, generation: str = "1", engine: DuckDBEngine = ENGINE
) -> Publication:
    return build_day(catalog, catalog.features[view], on, lake=lake, engine=engine, generation=generation)


def build_inputs(catalog: Catalog, lake: Lake, generation: str = "1") -> None:
    """The inputs of the training day and of the day itself."""
    for view in ("web_revenue", "web_items"):
        for on in (TRAINED_ON, ON):
            build(catalog, lake, view, on, generation)


def values(lake: Lake, view: str = "app_learnt", on: date = ON) -> dict[int, int]:
    found = ENGINE.table(exp.select("*").from_("f"), {"f": lake.feature(view).files([on.isoformat()])}).to_pylist()
    assert all(row["day"] == on for row in found)
    return {row["unit"]: row["value"] for row in found}
