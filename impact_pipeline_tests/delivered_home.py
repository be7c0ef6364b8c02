"""A home of the small shop whose rows are delivered in files, with raw ids: extracted, published, folded, looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.contracts.publish import publish_day
from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.stages.data import extract
from impact_pipeline.stages.workspace import Workspace, generation_of
from impact_pipeline_tests.registered import register_all
from impact_pipeline_tests.small_shop import ENGINE, at, write_catalog
from impact_pipeline_tests.stages.small_workspace import derive, look

KEY = "the key of a shop that does not exist"
ENVIRON = {"IMPACT_PSEUDONYM_KEY": KEY}
GONE, STAYS = "shopper-0007", "shopper-0008"
SHOPPERS = tuple(f"shopper-{number:04}" for number in range(40))
FIRST, LAST = date(2026, 3, 3), date(2026, 3, 8)
DAYS = days_between(FIRST, LAST)
DATASETS = ("orders", "exposures", "profiles")
_MONEY, _INSTANT = pa.decimal128(12, 2), pa.timestamp("us", "UTC")
_TYPES = {"ordered_at": _INSTANT, "exposed_at": _INSTANT, "seen_at": _INSTANT, "amount": _MONEY, "items": pa.int64()}
_COLUMNS = {
    "orders": ("user_id", "ordered_at", "amount", "items", "channel"),
    "exposures": ("user_id", "exposed_at", "arm", "device"),
    "profiles": ("user_id", "seen_at", "country"),
}


def pseudonym_of(shopper: str, key: str = KEY) -> int:
    return int(pseudonymised(pa.array([shopper]), "user", SecretKey(key.encode())).to_pylist()[0])


def opened(home: Path, now: datetime = datetime(2026, 3, 10, 4, tzinfo=UTC), **environ: str) -> Workspace:
    given = {**ENVIRON, **environ}
    return Workspace(read_catalog(home / "catalog"), Lake(home), ENGINE, given, generation_of(now), now)


def deliver(home: Path, dataset: str, day: str, rows: Iterable[Mapping[str, Any]]) -> None:
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in _COLUMNS[dataset]])
    path = home / "raw" / dataset / day / "rows.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path)


def deliver_all(home: Path) -> None:
    """Six days, of each orders of a third of the shoppers, and a contact and a profile of all."""
    for number, day in enumerate(DAYS):
        shoppers = list(enumerate(SHOPPERS))
        deliver(home, "orders", day, [order_of(n, shopper, day) for n, shopper in shoppers if n % 3 == number % 3])
        deliver(home, "exposures", day, [contact_of(n, shopper, day) for n, shopper in shoppers])
        seen = at(f"{day[5:]} 01:00")
        deliver(home, "profiles", day, [{"user_id": s, "seen_at": seen, "country": "A"} for s in SHOPPERS])


def order_of(number: int, shopper: str, day: str) -> dict[str, Any]:
    told = {"user_id": shopper, "ordered_at": at(f"{day[5:]} 18:00"), "items": 1, "channel": "web"}
    return {**told, "amount": Decimal(number + 1)}


def contact_of(number: int, shopper: str, day: str) -> dict[str, Any]:
    arm = ("control", "treatment")[number % 2]
    return {"user_id": shopper, "exposed_at": at(f"{day[5:]} 09:00"), "arm": arm, "device": "x"}


def load(workspace: Workspace, days: Iterable[str] = DAYS, datasets: Iterable[str] = DATASETS) -> None:
    """Publish, then make whatever is built of it."""
    chosen = tuple(days)
    publish_delivered(workspace, chosen, datasets)
    derive(workspace, chosen)


def publish_delivered(workspace: Workspace, days: Iterable[str], datasets: Iterable[str]) -> None:
    """Extract and publish, judged by one statement."""
    for day in days:
        for dataset in datasets:
            extract(workspace, dataset, date.fromisoformat(day))
            contract, generation = workspace.catalog.contracts[dataset], workspace.generation
            publish_day(contract, workspace.lake, ENGINE, day, generation=generation, gx_rows=0)


def make_delivered_home(home: Path, changes: Mapping[str, str] | None = None) -> Path:
    """With two looks: before the planned one, and at it."""
    register_all(home, write_catalog(home / "catalog", changes=changes))
    deliver_all(home)
    workspace = opened(home)
    load(workspace)
    look(workspace, date(2026, 3, 6))
    look(workspace)
    return home
