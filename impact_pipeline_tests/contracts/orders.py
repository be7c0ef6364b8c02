"""A small contracted dataset, and days of it staged the way extraction stages them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.engines.base import ParquetFiles
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.spool import spooled
from impact_pipeline.lake.staging import StagedDay

DAY = "2026-03-05"
CASES = Path(__file__).parent / "data"

ORDER_TYPES: Mapping[str, pa.DataType] = {
    "order_id": pa.string(),
    "user_key": pa.int64(),
    "status": pa.string(),
    "amount": pa.decimal128(10, 2),
    "items": pa.int64(),
    "ordered_at": pa.timestamp("us", "UTC"),
    "loaded_at": pa.timestamp("us", "UTC"),
}


def custom(**values: Any) -> list[dict[str, Any]]:
    return [{"property": f"impact.{name}", "value": value} for name, value in values.items()]


def column(name: str, type_: str, **fields: Any) -> dict[str, Any]:
    logical = {
        "VARCHAR": "string", "BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number", "BOOLEAN": "boolean",
        "DATE": "date", "TIMESTAMPTZ": "timestamp",
    }.get(type_, "number")  # fmt: skip
    return {"name": name, "logicalType": logical, "physicalType": type_, **fields}


def contract(
    columns: Sequence[Mapping[str, Any]],
    quality: Sequence[Mapping[str, Any]] = (),
    latency: float | None = None,
    **customs: Any,
) -> Contract:
    document: dict[str, Any] = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "orders", "name": "orders", "version": "1.0.0",
        "status": "active", "description": {"purpose": "Orders of the shop."}, "team": {"name": "team:shop"},
        "schema": [{"name": "orders", "properties": [*columns], "quality": [*quality]}],
        "slaProperties": [] if latency is None else [{"property": "latency", "value": latency, "unit": "h"}],
        "customProperties": custom(**customs),
    }  # fmt: skip
    return Contract.model_validate_json(json.dumps(document))


def orders_contract(**changes: Any) -> Contract:
    columns = [
        column("order_id", "VARCHAR", required=True, primaryKey=True),
        column("user_key", "VARCHAR", required=True, customProperties=custom(role="identifier", entity="user")),
        column(
            "status",
            "VARCHAR",
            quality=[{"metric": "invalidValues", "arguments": {"validValues": ["paid", "sent"]}, "mustBe": 0}],
        ),
        column("amount", "DECIMAL(10,2)", required=True, logicalTypeOptions={"minimum": 0, "maximum": 500.5}),
        column("items", "INTEGER", logicalTypeOptions={"minimum": 1}),
        column("ordered_at", "TIMESTAMPTZ", required=True),
        column("loaded_at", "TIMESTAMPTZ"),
    ]
    customs = {"onBreach": "quarantine", "maxQuarantinedShare": 0.5, "eventAt": "ordered_at", "ingestedAt": "loaded_at"}
    return contract(columns, **{**customs, **changes})


def orders(**columns: Sequence[Any]) -> pa.Table:
    """Four clean orders, with whole columns replaced."""
    clean: dict[str, Sequence[Any]] = {
        "order_id": ["a", "b", "c", "d"],
        "user_key": [1, 2, 3, 4],
        "status": ["paid", "sent", None, "paid"],
        "amount": ["10.00", "0.50", "3.00", "500.50"],
        "items": [1, 2, None, 4],
        "ordered_at": [f"{DAY} 0{n}:00:00+00:00" for n in range(4)],
        "loaded_at": [f"{DAY} 0{n}:30:00+00:00" for n in range(4)],
    }
    cast = {name: _array(values, ORDER_TYPES[name]) for name, values in {**clean, **columns}.items()}
    return pa.table(cast)


def as_text(table: pa.Table) -> pa.Table:
    """The same rows as a format without types delivers them; pseudonyms stay numbers."""
    return pa.table({n: table[n] if n == "user_key" else table[n].cast(pa.string()) for n in table.column_names})


def stage(lake: Lake, rows: pa.Table, day: str = DAY, generation: str = "1", **facts: Any) -> StagedDay:
    delivered = {"columns": [[field.name, str(field.type)] for field in rows.schema], "unknown_columns": []}
    with spooled(pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())) as spool:
        return lake.staging.stage("orders", day, spool, generation=generation, facts={**delivered, **facts})


def staged_file(folder: Path, rows: pa.Table, **facts: Any) -> tuple[StagedDay, ParquetFiles]:
    lake = Lake(folder)
    stage(lake, rows, **facts)
    return lake.staging.read("orders", DAY)


def case_rows(name: str) -> pa.Table:
    """A delivered file of the fault cases, with its users' ids as pseudonyms."""
    table = pq.read_table(CASES / f"{name}.parquet")
    ids = [int(key.removeprefix("u-")) for key in table["user_key"].to_pylist()]
    return table.set_column(0, "user_key", pa.array(ids, pa.int64()))


def case_contract(**changes: Any) -> Contract:
    columns = [
        column(
            "user_key",
            "VARCHAR",
            required=True,
            primaryKey=True,
            customProperties=custom(role="identifier", entity="user"),
        ),
        column("arm", "VARCHAR", required=True),
        column("device", "VARCHAR"),
        column("revenue", "DOUBLE", logicalTypeOptions={"minimum": 0}),
        column("clicks", "BIGINT", required=True),
        column("event_ts", "TIMESTAMPTZ", required=True),
    ]
    return contract(columns, **{"onBreach": "quarantine", "eventAt": "event_ts", **changes})


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    textual = all(value is None or isinstance(value, str) for value in values)
    return pa.array(values, pa.string()).cast(type_) if textual else pa.array(values, type_)
