"""A catalog of one document of each kind, all sound; tests change a line and look at what is said."""

from __future__ import annotations

from pathlib import Path


def _contract(name: str, columns: str, more: str = "") -> str:
    return f"""apiVersion: v3.1.0
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
{columns}{more}"""


def _identifier(name: str, entity: str) -> str:
    role = f"[{{property: impact.role, value: identifier}}, {{property: impact.entity, value: {entity}}}]"
    return f"      - {{name: {name}, logicalType: string, physicalType: VARCHAR, customProperties: {role}}}\n"


def _column(name: str, logical: str, physical: str) -> str:
    return f'      - {{name: {name}, logicalType: {logical}, physicalType: "{physical}"}}\n'


USER, AT = _identifier("user_id", "user"), _column("happened_at", "timestamp", "TIMESTAMPTZ")
COUNTRY = _column("country", "string", "VARCHAR")

DOCUMENTS = {
    "sources/shop.yaml": """type: files
name: shop
owner: team:data
description: test
root: raw
first_day: 2026-03-01
datasets:
  orders: {format: parquet, path: "orders/{day}/*.parquet"}
  exposures: {format: csv, path: exposures.csv, day_column: happened_at}
  visits: {format: jsonl, path: "visits/{day}.jsonl"}
""",
    "contracts/orders.yaml": _contract(
        "orders",
        USER + AT + COUNTRY + _column("amount", "number", "DECIMAL(12,2)") + _column("ordered_on", "date", "DATE"),
        "customProperties:\n  - {property: impact.eventAt, value: happened_at}\n",
    ),
    "contracts/exposures.yaml": _contract("exposures", USER + AT + COUNTRY + _column("arm", "string", "VARCHAR")),
    "contracts/visits.yaml": _contract("visits", _identifier("store_id", "store") + AT + COUNTRY),
    "facts/orders.yaml": """name: orders
owner: team:data
description: test
dataset: orders
entity: user
event_at: happened_at
measures:
  revenue: {expression: amount, unit: EUR, scale: 2}
""",
    "facts/visits.yaml": """name: visits
owner: team:data
description: test
dataset: visits
entity: store
event_at: happened_at
measures:
  visits: {expression: '1', unit: visits}
""",
    "features/revenue_before.yaml": """type: sum
name: revenue_before
version: 1
owner: team:data
description: test
dataset: orders
entity: user
event_at: happened_at
expression: amount
filter: amount > 0
lookback_days: 14
scale: 2
unit: EUR
""",
    "features/country.yaml": """type: latest
name: country
version: 1
owner: team:data
description: test
dataset: orders
entity: user
event_at: happened_at
expression: country
lookback_days: 30
""",
    "metrics/revenue.yaml": """type: mean
name: revenue
version: 1
owner: team:data
description: test
label: Revenue
unit: EUR
better: higher
window: {days: 7}
covariates: [revenue_before]
value:
  fact: orders
  measure: revenue
  filter: amount > 1
""",
    "metrics/share.yaml": """type: ratio
name: share
version: 2
owner: team:data
description: test
label: Share
unit: share
better: lower
window: {start_day: 3, days: 7}
numerator: {fact: orders, measure: revenue}
denominator: {fact: orders, measure: revenue}
""",
    "models/ranker.yaml": """name: ranker
owner: team:data
description: test
product_area: search
versions:
  - {version: v1, notes: old}
  - {version: v2, notes: new}
""",
    "studies/trial.yaml": """apiVersion: impact-plan/v1
name: trial
title: Trial
owner: team:data
description: test
change: {model: ranker, from_version: v1, to_version: v2}
hypothesis: More revenue.
entity: user
design:
  type: randomized
  arms: {control: 0.5, treatment: 0.5}
  control: control
exposure:
  dataset: exposures
  arm_column: arm
  exposed_at: happened_at
  filter: country = 'DE'
starts: 2026-03-03
ends: 2026-03-05
metrics:
  - {role: success, metric: revenue}
  - {role: guardrail, metric: share, margin: {relative: 0.1}}
segments:
  country: {type: feature, feature: country}
  land: {type: column, column: country}
value: {metric: revenue, per_unit: 0.3, currency: EUR}
""",
}


def write_mini(root: Path, *changes: tuple[str, str, str]) -> Path:
    """The catalog on disk, with (file, old text, new text) replaced; an old text must be there. Returns `root`."""
    texts = dict(DOCUMENTS)
    for file, old, new in changes:
        if old not in texts.get(file, "" if old else old):
            raise ValueError(f"{file} has no {old!r}")
        texts[file] = texts.get(file, "").replace(old, new, 1) if old else new
    for file, text in texts.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
