"""What a database driver returns, as Arrow: the first type that is lossless for every value of the day.

That is the contract's type, else a wider number (so that one odd value is one bad row to validation, not a bad day),
else text. The text of a value depends on the value alone, and the choice of type on the set of values, so neither the
order of rows nor the size of batches shows in the result.
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
_NUMBERS = frozenset({int, float, Decimal})
_LOSSLESS: Mapping[str, frozenset[type]] = {
    "VARCHAR": frozenset(_TEXT),
    "BIGINT": _NUMBERS,
    "INTEGER": _NUMBERS,
    "DOUBLE": _NUMBERS,
    "DECIMAL": _NUMBERS,
    "BOOLEAN": frozenset({bool, int}),
    "DATE": frozenset({date}),
    "TIMESTAMPTZ": frozenset({datetime}),
}
_Candidate = tuple[pa.DataType, frozenset[type]]


def _candidates(physical_type: str) -> list[_Candidate]:
    """Types to deliver a column in, the best first, each with the classes of values it may hold."""
    classes = _LOSSLESS[physical_type.split("(")[0]]
    wider: list[_Candidate] = [(pa.decimal128(38, 12), _NUMBERS), (pa.float64(), frozenset({float}))]
    text: _Candidate = (pa.string(), frozenset(_TEXT))
    return [(contracted_type(physical_type), classes), *(wider if classes == _NUMBERS else []), text]


class _Column:
    """One column of the day; the types that do not fit its values are struck off as they come by."""

    def __init__(self, contracted: Property, origin: str) -> None:
        self._name = contracted.name
        self._origin = origin
        self._candidates = _candidates(contracted.physicalType)

    @property
    def arrow_type(self) -> pa.DataType:
        return self._candidates[0][0]

    def text(self, values: Sequence[Any]) -> pa.Array:
        """The values as text, after they were held against the types."""
        classes = {type(value) for value in values} - {type(None)}
        self._refuse(classes, values)
        if classes <= {str}:
            texts = pa.array(values, pa.string())
        else:
            texts = pa.array([None if v is None else _TEXT[type(v)](v) for v in values], pa.string())
        if self.arrow_type != pa.string():
            self._candidates = [c for c in self._candidates if classes <= c[1] and _lossless(c[0], values, texts)]
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


def _lossless(type_: pa.DataType, values: Sequence[Any], texts: pa.Array) -> bool:
    if pa.types.is_floating(type_):
        return all(isinstance(v, float) or v is None or Decimal(repr(float(v))) == v for v in values)
    try:
        texts.cast(type_)
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
    return pa.schema([pa.field(name, column.arrow_type) for name, column in zip(names, kept, strict=True)])


def spooled_values(file: IO[bytes], schema: pa.Schema) -> pa.RecordBatchReader:
    """The drained rows in their types."""
    file.seek(0)
    batches = (cast_batch(batch, schema) for batch in pa.ipc.open_stream(file))
    return pa.RecordBatchReader.from_batches(schema, batches)
