"""Files as a source: a folder or file per day, or a column that tells the days apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.source import FileDataset, FilesSource
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.sources.arrow_types import plain_schema
from impact_pipeline.sources.base import Delivery, contracted
from impact_pipeline.sources.day_files import files_of_day
from impact_pipeline.sources.parquet_files import day_selection, parquet_batches, parquet_schema
from impact_pipeline.sources.text_files import csv_batches, csv_columns, json_batches, json_columns, text_schema


@dataclass(frozen=True, slots=True)
class Files:
    """Files below `home / document.root`."""

    document: FilesSource
    home: Path

    def __post_init__(self) -> None:
        root = Path(self.document.root)
        if root.is_absolute() or ".." in root.parts:
            raise InputError(
                f"source '{self.document.name}': root '{root}' leaves the project's home; write a path below it"
            )

    def describe(self, dataset: str) -> str:
        found = self.document.datasets[dataset]
        return f"source '{self.document.name}', {found.format} files {self.document.root}/{found.path}"

    @contextmanager
    def read(self, contract: Contract, day: date) -> Iterator[Delivery]:
        dataset = self.document.datasets[contract.name]
        origin = self.describe(contract.name)
        files = files_of_day(self.home / self.document.root, dataset, day, origin)
        read = _DayOfFiles(dataset, files, contract, day, origin, self.document.batch_rows)
        yield read.delivery()


@dataclass(frozen=True, slots=True)
class _DayOfFiles:
    dataset: FileDataset
    files: tuple[Path, ...]
    contract: Contract
    day: date
    origin: str
    batch_rows: int

    def delivery(self) -> Delivery:
        delivered = self._schema()
        if self.dataset.day_column is not None and self.dataset.day_column not in delivered.names:
            raise SourceError(
                f"{self.origin}: the day column '{self.dataset.day_column}' is not delivered; correct the source"
            )
        known = contracted(delivered.names, self.contract, self.origin)
        schema = plain_schema(pa.schema([delivered.field(name) for name in known]), self.origin)
        rows = pa.RecordBatchReader.from_batches(schema, self._batches(schema, delivered))
        return Delivery(tuple(delivered.names), rows, typed=self.dataset.format == "parquet")

    def _schema(self) -> pa.Schema:
        """The columns of the day. Parquet and CSV files of a day agree on them; JSON lines are taken together."""
        schemas = [self._file_schema(file) for file in self.files]
        if self.dataset.format == "jsonl":
            return text_schema(tuple(dict.fromkeys(name for schema in schemas for name in schema.names)))
        for file, schema in zip(self.files, schemas, strict=True):
            if sorted(schema.names) != sorted(schemas[0].names):
                raise self._disagree(file, "names")
            try:
                schemas[0] = pa.unify_schemas([schemas[0], schema]) if schema != schemas[0] else schemas[0]
            except pa.ArrowException:
                raise self._disagree(file, "types") from None
        return schemas[0]

    def _disagree(self, file: Path, part: str) -> SourceError:
        return SourceError(
            f"{self.origin}: the column {part} of {file.name} differ from those of {self.files[0].name}; "
            "deliver the files of a day with the same columns"
        )

    def _file_schema(self, file: Path) -> pa.Schema:
        match self.dataset.format:
            case "parquet":
                return parquet_schema(file, self.origin).remove_metadata()
            case "csv":
                return text_schema(csv_columns(file, self.origin))
            case "jsonl":
                return text_schema(json_columns(file, self.origin))

    def _batches(self, schema: pa.Schema, delivered: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in self.files:
            if self.dataset.format == "parquet":
                yield from self._parquet(file, schema, delivered)
            else:
                yield from self._text(file, schema)

    def _parquet(self, file: Path, schema: pa.Schema, delivered: pa.Schema) -> Iterator[pa.RecordBatch]:
        column = self.dataset.day_column
        selection = None if column is None else day_selection(delivered, column, self.day, self.origin)
        return parquet_batches(file, schema, selection, self.batch_rows, self.origin)

    def _text(self, file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        column = self.dataset.day_column
        read = list(dict.fromkeys([*schema.names, *([column] if column else [])]))
        is_csv = self.dataset.format == "csv"
        batches = (
            csv_batches(file, read, self.origin) if is_csv else json_batches(file, read, self.batch_rows, self.origin)
        )
        for batch in batches:
            kept = batch if column is None else batch.filter(_within(batch.column(column), self.day))
            yield kept.select(schema.names)


def _within(texts: pa.Array, day: date) -> pa.Array:
    """Which ISO 8601 texts (UTC) lie in the day."""
    return pc.equal(pc.utf8_slice_codeunits(texts, 0, 10), day.isoformat())
