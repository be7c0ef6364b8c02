"""A contract of orders with a column of every type, and ways to read a source in tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.sources.base import Source

DAY = date(2026, 3, 5)
KEY = {"IMPACT_PSEUDONYM_KEY": "a key that is only for tests"}

_TYPES = {
    "order_id": ("integer", "BIGINT"),
    "user_id": ("string", "VARCHAR"),
    "amount": ("number", "DECIMAL(12,2)"),
    "weight": ("number", "DOUBLE"),
    "paid": ("boolean", "BOOLEAN"),
    "due": ("date", "DATE"),
    "placed_at": ("timestamp", "TIMESTAMPTZ"),
    "ingested_at": ("timestamp", "TIMESTAMPTZ"),
    "note": ("string", "VARCHAR"),
}
_IDENTIFIER = [{"property": "impact.role", "value": "identifier"}, {"property": "impact.entity", "value": "user"}]


def orders_document() -> dict[str, Any]:
    """The contract as a document."""
    columns = [
        {"name": name, "logicalType": logical, "physicalType": physical}
        | ({"customProperties": _IDENTIFIER} if name == "user_id" else {})
        for name, (logical, physical) in _TYPES.items()
    ]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "orders",
        "name": "orders",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "test"},
        "team": {"name": "team:data"},
        "customProperties": [{"property": "impact.ingestedAt", "value": "ingested_at"}],
        "schema": [{"name": "orders", "properties": columns}],
    }


ORDERS = Contract.model_validate(orders_document())


def read(source: Source, day: date = DAY) -> pa.Table:
    """All rows of the day."""
    with source.read(ORDERS, day) as delivery:
        return delivery.rows.read_all()


def source_document(type_: str, dataset: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A source named 'shop' that delivers orders."""
    return {
        "type": type_,
        "name": "shop",
        "owner": "team:data",
        "description": "test",
        "first_day": date(2026, 3, 1),
        "datasets": {"orders": dict(dataset)},
        **fields,
    }


def reader(table: pa.Table, batch_rows: int = 65_536) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(batch_rows))


def shuffled(table: pa.Table, order: Iterable[int]) -> pa.Table:
    return table.take(pa.array(order))


def instant(hour: int, minute: int = 0, day: int = 5) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)
