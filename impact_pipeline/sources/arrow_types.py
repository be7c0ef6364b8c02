"""Arrow types as sources deliver them, and what the lake makes of each."""

from __future__ import annotations

import re

import pyarrow as pa

from impact_pipeline.errors import SourceError

INSTANT = pa.timestamp("us", "UTC")
_OF_PHYSICAL = {
    "VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "TIMESTAMPTZ": INSTANT,
}  # fmt: skip


def contracted_type(physical_type: str) -> pa.DataType:
    """The Arrow type of a contract's physicalType."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", physical_type)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _OF_PHYSICAL[physical_type]


def plain_schema(schema: pa.Schema, origin: str) -> pa.Schema:
    """The same columns in one spelling of each type, so that equal rows have equal fingerprints.

    Encodings of text become text, and instants become UTC microseconds (finer digits are cut). A timestamp without a
    zone is refused: it names no instant.
    """
    return pa.schema([pa.field(field.name, _plain_type(field, origin)) for field in schema])


def _plain_type(field: pa.Field, origin: str) -> pa.DataType:
    type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_timestamp(type_):
        if type_.tz is None:
            raise naive_timestamp(field.name, origin)
        return INSTANT
    return pa.string() if pa.types.is_large_string(type_) or pa.types.is_string_view(type_) else type_


def naive_timestamp(column: str, origin: str) -> SourceError:
    return SourceError(
        f"{origin}: column '{column}' holds timestamps without a time zone; deliver instants with an offset (UTC)"
    )


def cast_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of `schema`, in its types."""
    arrays = [batch.column(field.name).cast(field.type, safe=False) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
