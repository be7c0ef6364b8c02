"""One Parquet file as a stream of batches, read in bounded memory whatever its row groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from impact_pipeline.errors import SourceError
from impact_pipeline.sources.arrow_types import cast_batch, naive_timestamp
from impact_pipeline.sources.day_bounds import DayType, day_bounds

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of interest, told by one column."""

    column: str
    condition: ds.Expression


def parquet_schema(path: Path, origin: str) -> pa.Schema:
    """The file's columns; raises `SourceError` for what is not a whole Parquet file."""
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError):
        raise SourceError(f"{origin}: {path.name} is not a whole Parquet file; deliver it again") from None


def parquet_batches(
    path: Path, schema: pa.Schema, selection: Selection | None, batch_rows: int, origin: str
) -> Iterator[pa.RecordBatch]:
    """The columns of `schema`, in its types. Row groups that cannot match `selection` are skipped."""
    try:
        groups = None if selection is None else _matching_groups(path, selection)
        read = sorted({*schema.names, *([] if selection is None else [selection.column])})
        with pq.ParquetFile(path, buffer_size=_READ_BYTES, pre_buffer=False, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_rows, groups, read, use_threads=False):
                yield cast_batch(batch if selection is None else batch.filter(selection.condition), schema)
    except (pa.ArrowException, OSError):
        raise SourceError(f"{origin}: {path.name} is damaged: its pages cannot be read; deliver it again") from None


def _matching_groups(path: Path, selection: Selection) -> list[int]:
    """Row groups whose statistics leave room for a match."""
    fragments = ds.dataset(path, format="parquet").get_fragments()
    return [group.id for fragment in fragments for group in fragment.subset(selection.condition).row_groups]


def day_selection(schema: pa.Schema, day_column: str, day: date, origin: str) -> Selection:
    """Rows of the UTC day, by a column of instants, dates or ISO 8601 text."""
    field = schema.field(day_column)
    type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    first, following = (pa.scalar(bound, type_) for bound in day_bounds(day, _day_type(field, type_, origin)))
    told = ds.field(day_column)
    return Selection(day_column, (told >= first) & (told < following))


def _day_type(field: pa.Field, type_: pa.DataType, origin: str) -> DayType:
    if pa.types.is_timestamp(type_):
        if type_.tz is None:
            raise naive_timestamp(field.name, origin)
        return "timestamp"
    if pa.types.is_date(type_):
        return "date"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return "iso_text"
    raise SourceError(
        f"{origin}: day column '{field.name}' has type {type_}; a day is told by a timestamp with a time zone, a date, "
        "or ISO 8601 text in UTC"
    )
