"""Extraction: one day of a dataset from its source into staging, with pseudonyms in place of ids.

Raw ids never reach the lake. Values of columns the contract does not know are not read at all: nobody said whether
they name a person. Their names are kept, so that validation can tell the drift.

When the source cannot deliver, `SourceError` is raised and an earlier delivery of the same day stays staged: it was
whole then, and taking it away would turn a late source into lost data. The day still shows as failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.governance.pseudonyms import SecretKey, key_from_environment, pseudonymised
from impact_pipeline.lake.spool import spooled
from impact_pipeline.lake.staging import StagedDay, Staging
from impact_pipeline.sources.base import Delivery
from impact_pipeline.sources.registry import open_source

_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]{0,62}")


def extract_day(
    catalog: Catalog,
    dataset: str,
    day: date,
    *,
    staging: Staging,
    home: Path,
    environ: Mapping[str, str],
    generation: str,
) -> StagedDay:
    """Stage the UTC day `day` as its source holds it now; a day without rows is staged with none.

    Equal rows give the equal fingerprint, whatever their order. `facts` of the staged day: `source`, `columns` ([name,
    Arrow type] of the staged columns, in delivered order), `unknown_columns` (names), `untyped` (text stands for any
    type), `newest_ingested_at` (ISO 8601 or null) and `batches`.
    """
    contract = _contract(catalog, dataset)
    document = catalog.source_of(dataset)
    if day < document.first_day or (document.last_day is not None and day > document.last_day):
        days = f"{document.first_day} to {document.last_day or 'today'}"
        raise SourceError(
            f"source '{document.name}' delivers days {days}; {day} is not among them; choose one of these days"
        )
    source = open_source(document, home, environ)
    key = key_from_environment(environ) if any(column.role == "identifier" for column in contract.columns) else None
    with source.read(contract, day) as delivery:
        stream = _Extraction(contract, key, source.describe(dataset))
        with spooled(stream.rows(delivery)) as spool:
            facts = stream.facts(delivery)
            return staging.stage(dataset, day.isoformat(), spool, generation=generation, facts=facts)


def _contract(catalog: Catalog, dataset: str) -> Contract:
    if dataset not in catalog.datasets:
        known = ", ".join(catalog.datasets) or "none"
        raise InputError(
            f"dataset '{dataset}' has no contract and source in the catalog; datasets are {known}; use one of these"
        )
    return catalog.contracts[dataset]


class _Extraction:
    """Rows on their way into staging, and what is noticed as they pass."""

    def __init__(self, contract: Contract, key: SecretKey | None, origin: str) -> None:
        self._contract = contract
        self._key = key
        self._origin = origin
        self._batches = 0
        self._newest: datetime | None = None

    def rows(self, delivery: Delivery) -> pa.RecordBatchReader:
        schema = pa.schema([self._staged_field(field) for field in delivery.rows.schema])
        return pa.RecordBatchReader.from_batches(schema, self._staged(delivery.rows, schema))

    def facts(self, delivery: Delivery) -> dict[str, Any]:
        staged = {field.name: str(self._staged_field(field).type) for field in delivery.rows.schema}
        return {
            "source": self._origin,
            "columns": [[name, staged[name]] for name in delivery.columns if name in staged],
            "unknown_columns": _shown(name for name in delivery.columns if name not in staged),
            "untyped": not delivery.typed,
            "newest_ingested_at": None if self._newest is None else self._newest.isoformat(),
            "batches": self._batches,
        }

    def _staged(self, rows: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in (batch for batch in rows if batch.num_rows):
            self._batches += 1
            self._notice(batch)
            arrays = [self._staged_array(name, batch.column(name)) for name in schema.names]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _staged_array(self, name: str, values: pa.Array) -> pa.Array:
        entity = self._contract.by_name[name].entity
        if self._key is None or entity is None or self._contract.by_name[name].role != "identifier":
            return values
        return pseudonymised(values, entity, self._key)

    def _staged_field(self, field: pa.Field) -> pa.Field:
        if self._contract.by_name[field.name].role != "identifier":
            return field
        if not _can_be_an_id(field.type):
            raise SourceError(
                f"{self._origin}: identifier '{field.name}' is delivered as {field.type}; deliver text or whole numbers"
            )
        return pa.field(field.name, pa.int64())

    def _notice(self, batch: pa.RecordBatch) -> None:
        name = self._contract.ingested_at
        if name is not None and name in batch.schema.names:
            found = _newest_instant(batch.column(name))
            self._newest = max((t for t in (self._newest, found) if t is not None), default=None)


def _can_be_an_id(type_: pa.DataType) -> bool:
    """Null is the type of a column in which every id is missing."""
    whole = pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == 0)
    return bool(pa.types.is_string(type_) or whole or pa.types.is_null(type_))


def _newest_instant(values: pa.Array) -> datetime | None:
    """The latest of the values that are instants; what is not is left to validation."""
    if pa.types.is_timestamp(values.type):
        newest: datetime | None = pc.max(values).as_py()
        return newest
    texts = values.to_pylist() if pa.types.is_string(values.type) else []
    return max((instant for text in texts if (instant := _instant(text)) is not None), default=None)


def _instant(text: str | None) -> datetime | None:
    try:
        read = datetime.fromisoformat(text or "")
        return None if read.utcoffset() is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _shown(names: Iterable[str]) -> list[str]:
    """Names that look like names; a file without a header line would show its first row here."""
    return [name if _COLUMN_NAME.fullmatch(name) else "(not a column name)" for name in names]
