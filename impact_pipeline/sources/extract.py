"""Extraction: one day of a dataset from its source into staging, with pseudonyms in place of ids.

Raw ids never reach the lake. Values of columns the contract does not know are not read at all: nobody said whether
they name a person. Their names are kept, so that validation can tell the drift.

When the source cannot deliver, `SourceError` is raised and an earlier delivery of the same day stays staged: it was
whole then, and taking it away would turn a late source into lost data. The day still shows as failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.governance.deny_list import Denied, DenyList, rows_of
from impact_pipeline.governance.epochs import epochs_of, key_on, keys_at_hand
from impact_pipeline.governance.pseudonyms import SecretKey, pseudonymised
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
    type), `newest_ingested_at` (ISO 8601 or null) and `batches`; where units were erased, `denied_rows` (delivered
    again and left out) and `deny_marks_without_key`.
    """
    contract = _contract(catalog, dataset)
    document = catalog.source_of(dataset)
    if day < document.first_day or (document.last_day is not None and day > document.last_day):
        days = f"{document.first_day} to {document.last_day or 'today'}"
        raise SourceError(
            f"source '{document.name}' delivers days {days}; {day} is not among them; choose one of these days"
        )
    source = open_source(document, home, environ)
    units = _Units.of(catalog, contract, day, home, environ)
    with source.read(contract, day) as delivery:
        stream = _Extraction(contract, units, source.describe(dataset))
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


@dataclass(frozen=True, slots=True)
class _Units:
    """By entity, the key of the day and the units that were erased."""

    keys: Mapping[str, SecretKey]
    denied: Mapping[str, Denied]

    @classmethod
    def of(cls, catalog: Catalog, contract: Contract, day: date, home: Path, environ: Mapping[str, str]) -> _Units:
        entities = sorted({str(c.entity) for c in contract.columns if c.role == "identifier" and c.entity})
        keys = {entity: key_on(catalog, entity, day, environ) for entity in entities}
        marks = {entity: DenyList(home).marks(entity) for entity in entities}
        denied = {e: Denied(e, m, keys_at_hand(epochs_of(catalog, e), environ)) for e, m in marks.items() if m}
        return cls(keys, denied)


class _Extraction:
    """Rows on their way into staging, and what is noticed as they pass."""

    def __init__(self, contract: Contract, units: _Units, origin: str) -> None:
        self._contract = contract
        self._units = units
        self._origin = origin
        self._batches = self._denied_rows = 0
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
            **(self._denied() if self._units.denied else {}),
        }

    def _denied(self) -> dict[str, int]:
        untold = sum(denied.untold for denied in self._units.denied.values())
        return {"denied_rows": self._denied_rows, "deny_marks_without_key": untold}

    def _staged(self, rows: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in (kept for batch in rows if (kept := self._allowed(batch)).num_rows):
            self._batches += 1
            self._notice(batch)
            arrays = [self._staged_array(name, batch.column(name)) for name in schema.names]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _allowed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Without the rows of erased units."""
        if not self._units.denied or not batch.num_rows:
            return batch
        named = [(entity, name) for name in batch.schema.names if (entity := self._entity(name)) in self._units.denied]
        denied = rows_of((self._units.denied[e].among(batch.column(n)) for e, n in named), batch.num_rows)
        self._denied_rows += int(pc.sum(denied).as_py())
        return batch.filter(pc.invert(denied))

    def _entity(self, name: str) -> str:
        """What an identifier identifies; '' of any other column."""
        column = self._contract.by_name[name]
        return str(column.entity) if column.role == "identifier" and column.entity else ""

    def _staged_array(self, name: str, values: pa.Array) -> pa.Array:
        entity = self._entity(name)
        return pseudonymised(values, entity, self._units.keys[entity]) if entity else values

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
