"""What a database driver returns, as Arrow: the contract's type where that is lossless for the whole day, else text.

The text of a value depends on the value alone, and the choice of type on the set of values, so neither the order of
rows nor the size of batches shows in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

import pyarrow as pa

from impact_pipeline.catalog.contract import Property
from impact_pipeline.errors import SourceError
from impact_pipeline.sources.arrow_types import cast_batch, contracted_type, naive_timestamp

_TEXT: Mapping[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: repr,
    Decimal: lambda value: format(value, "f"),
    date: date.isoformat,
    datetime: lambda value: value.astimezone(UTC).isoformat(timespec="microseconds"),
    UUID: str,
}
_LOSSLESS: Mapping[str, frozenset[type]] = {
    "VARCHAR": frozenset(_TEXT),
    "BIGINT": frozenset({int, Decimal}),
    "INTEGER": frozenset({int, Decimal}),
    "DOUBLE": frozenset({float, int, Decimal}),
    "DECIMAL": frozenset({Decimal, int, float}),
    "BOOLEAN": frozenset({bool, int}),
    "DATE": frozenset({date}),
    "TIMESTAMPTZ": frozenset({datetime}),
}


class _Column:
    """One column of the day; `type` is the contract's until a value does not fit it."""

    def __init__(self, contracted: Property, origin: str) -> None:
        self._name = contracted.name
        self._origin = origin
        self._classes = _LOSSLESS[contracted.physicalType.split("(")[0]]
        self.type = contracted_type(contracted.physicalType)

    def text(self, values: Sequence[Any]) -> pa.Array:
        """The values as text, after they were held against the type."""
        classes = {type(value) for value in values} - {type(None)}
        self._refuse(classes, values)
        if classes <= {str}:
            texts = pa.array(values, pa.string())
        else:
            texts = pa.array([None if v is None else _TEXT[type(v)](v) for v in values], pa.string())
        if self.type != pa.string() and not self._fits(classes, values, texts):
            self.type = pa.string()
        return texts

    def _refuse(self, classes: set[type], values: Sequence[Any]) -> None:
        odd = sorted(class_.__name__ for class_ in classes - _TEXT.keys())
        if odd:
            raise SourceError(
                f"{self._origin}: column '{self._name}' holds values of type {odd[0]}; cast it in the query to text, "
                "a number, a date, a timestamp with time zone or a boolean"
            )
        if datetime in classes and any(isinstance(v, datetime) and v.utcoffset() is None for v in values):
            raise naive_timestamp(self._name, self._origin)

    def _fits(self, classes: set[type], values: Sequence[Any], texts: pa.Array) -> bool:
        if not classes <= self._classes:
            return False
        if pa.types.is_floating(self.type) and not classes <= {float}:
            return all(v is None or Decimal(repr(float(v))) == v for v in values if not isinstance(v, float))
        try:
            texts.cast(self.type)
        except pa.ArrowInvalid:
            return False
        return True


def spool_values(
    file: IO[bytes], parts: Iterable[Sequence[Sequence[Any]]], columns: Sequence[Property], origin: str
) -> pa.Schema:
    """Drain `parts` (rows in batches, values in the order of `columns`) into `file`; returns the day's types.

    Values wait as text, since the type of a column is known only after its last value.
    """
    kept = [_Column(column, origin) for column in columns]
    names = [column.name for column in columns]
    text = pa.schema([pa.field(name, pa.string()) for name in names])
    with pa.ipc.new_stream(file, text) as writer:
        for part in parts:
            arrays = [column.text(values) for column, values in zip(kept, zip(*part, strict=True), strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=text))
    return pa.schema([pa.field(name, column.type) for name, column in zip(names, kept, strict=True)])


def spooled_values(file: IO[bytes], schema: pa.Schema) -> pa.RecordBatchReader:
    """The drained rows in their types."""
    file.seek(0)
    batches = (cast_batch(batch, schema) for batch in pa.ipc.open_stream(file))
    return pa.RecordBatchReader.from_batches(schema, batches)
