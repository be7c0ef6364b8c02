"""A shop small enough to compute by hand: its catalog as documents on disk, its trusted rows written by the test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake

ENGINE = DuckDBEngine(threads=1)

_CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
description: {{purpose: test}}
team: {{name: "team:data"}}
schema:
  - name: {name}
    properties:
{columns}
"""

_COLUMNS = {
    "orders": {
        "user_id": "VARCHAR", "ordered_at": "TIMESTAMPTZ", "amount": "DECIMAL(12,2)", "items": "BIGINT",
        "channel": "VARCHAR",
    },
    "exposures": {"user_id": "VARCHAR", "exposed_at": "TIMESTAMPTZ", "arm": "VARCHAR", "device": "VARCHAR"},
    "profiles": {"user_id": "VARCHAR", "seen_at": "TIMESTAMPTZ", "country": "VARCHAR"},
}  # fmt: skip
_LOGICAL = {"VARCHAR": "string", "TIMESTAMPTZ": "timestamp", "DECIMAL(12,2)": "number", "BIGINT": "integer"}
_ARROW = {
    "VARCHAR": pa.string(), "TIMESTAMPTZ": pa.timestamp("us", "UTC"), "DECIMAL(12,2)": pa.decimal128(12, 2),
    "BIGINT": pa.int64(),
}  # fmt: skip
_ENTITY = ", customProperties: [{property: impact.role, value: identifier}, {property: impact.entity, value: user}]"

_DOCUMENTS = {
    "sources/shop.yaml": """
type: files
name: shop
owner: team:data
description: test
root: raw
first_day: 2026-03-01
datasets:
  orders: {format: parquet, path: "orders/{day}/*.parquet"}
  exposures: {format: parquet, path: "exposures/{day}/*.parquet"}
  profiles: {format: parquet, path: "profiles/{day}/*.parquet"}
""",
    "facts/orders.yaml": """
name: orders
owner: team:data
description: test
dataset: orders
entity: user
event_at: ordered_at
fold: FOLD
measures:
  revenue: {expression: amount, unit: EUR, scale: 2}
  orders: {expression: "1", unit: order}
  price: {expression: amount / items, unit: EUR, scale: 2}
""",
    "features/revenue_before.yaml": """
type: sum
name: revenue_before
version: 1
owner: team:data
description: test
dataset: orders
entity: user
event_at: ordered_at
expression: amount
lookback_days: 3
scale: 2
unit: EUR
""",
    "features/country.yaml": """
type: latest
name: country
version: 1
owner: team:data
description: test
dataset: profiles
entity: user
event_at: seen_at
expression: country
lookback_days: 30
""",
    "metrics/revenue.yaml": """
type: mean
name: revenue
version: 1
owner: team:data
description: test
label: Revenue per user
unit: EUR
better: higher
value: {fact: orders, measure: revenue}
window: {days: 3}
covariates: [revenue_before]
""",
    "metrics/web_buyers.yaml": """
type: proportion
name: web_buyers
version: 1
owner: team:data
description: test
label: Web buyers
unit: share
better: higher
value: {fact: orders, measure: orders, filter: "channel = 'web'"}
window: {days: 2}
""",
    "metrics/late_revenue_per_order.yaml": """
type: ratio
name: late_revenue_per_order
version: 1
owner: team:data
description: test
label: Revenue per order on days 1 to 2
unit: EUR
better: higher
numerator: {fact: orders, measure: revenue}
denominator: {fact: orders, measure: orders}
window: {start_day: 1, days: 2}
""",
    "metrics/price.yaml": """
type: mean
name: price
version: 1
owner: team:data
description: test
label: Sum of item prices
unit: EUR
better: higher
value: {fact: orders, measure: price}
window: {days: 1}
""",
    "models/ranker.yaml": """
name: ranker
owner: team:data
description: test
product_area: search
versions:
  - {version: "1", notes: old}
  - {version: "2", notes: new}
""",
    "studies/ranker_v2.yaml": """
apiVersion: impact-plan/v1
name: ranker_v2
owner: team:data
description: test
title: Ranker 2
change: {model: ranker, from_version: "1", to_version: "2"}
hypothesis: better
entity: user
design: {type: randomized, arms: {control: 0.5, treatment: 0.5}, control: control}
exposure: {dataset: exposures, arm_column: arm, exposed_at: exposed_at}
starts: 2026-03-04
ends: 2026-03-06
metrics:
  - {metric: revenue, role: success}
  - {metric: web_buyers, role: exploratory}
  - {metric: late_revenue_per_order, role: exploratory}
  - {metric: price, role: exploratory}
segments:
  device: {type: column, column: device}
  country: {type: feature, feature: country}
decision: {min_units_per_arm: 2}
""",
}


def write_catalog(root: Path, *, fold: str = "unit_days", changes: Mapping[str, str] | None = None) -> Catalog:
    """Write the documents below `root` (some replaced or added by `changes`) and read them."""
    contracts = {f"contracts/{name}.yaml": _contract(name) for name in _COLUMNS}
    for file, text in {**_DOCUMENTS, **contracts, **(changes or {})}.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("FOLD", fold))
    return read_catalog(root)


def document(file: str) -> str:
    """The text of one document, to be changed by a test."""
    return _DOCUMENTS[file]


def _contract(name: str) -> str:
    lines = [
        f'      - {{name: {column}, logicalType: {_LOGICAL[type_]}, physicalType: "{type_}"'
        f"{_ENTITY if column == 'user_id' else ''}}}"
        for column, type_ in _COLUMNS[name].items()
    ]
    return _CONTRACT.format(name=name, columns="\n".join(lines))


def publish(lake: Lake, dataset: str, day: str, rows: Iterable[Mapping[str, Any]], generation: str = "1") -> None:
    """Publish trusted rows of one day; `user_id` is the pseudonym itself."""
    fields = [
        (column, pa.int64() if column == "user_id" else _ARROW[type_]) for column, type_ in _COLUMNS[dataset].items()
    ]
    schema = pa.schema([*fields, ("day", pa.date32())])
    table = pa.Table.from_pylist([{**row, "day": date.fromisoformat(day)} for row in rows], schema=schema)
    reader = pa.RecordBatchReader.from_batches(schema, table.to_batches())
    lake.trusted(dataset).publish(reader, generation=generation, input_digest=f"{day}/{generation}", partition=day)


def at(text: str) -> datetime:
    """'03-04 10:30' as an instant of 2026 in UTC."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
