"""Fingerprints: what a partition's rows are, whatever their order, their files and the number of threads.

Each row's canonical text is hashed with MD5 and the 128-bit hashes are added up, so equal multisets of rows have
equal sums (Bellare & Micciancio 1997, "A new paradigm for collision-free hashing: incrementality at reduced cost").
It tells change from no change among honest deliveries; it is not a defence against forged rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import duckdb
import pyarrow as pa
from sqlglot import exp

_MODULUS = 2**64


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`digest` covers column names and types, the number of rows and their content."""

    rows: int
    digest: str


class Fingerprinter:
    """Adds up batches as they stream by."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._query = _batch_query(tuple(schema.names))
        self._rows = self._lower = self._upper = 0
        self._connection = _shared().cursor()

    def passing(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches, each added up."""
        for batch in batches:
            if batch.num_rows:
                self._add(batch)
            yield batch

    def _add(self, batch: pa.RecordBatch) -> None:
        self._connection.register("batch", pa.Table.from_batches([batch]))
        (row,) = self._connection.execute(self._query).fetchall()
        self._connection.unregister("batch")
        self._rows += batch.num_rows
        self._lower = (self._lower + int(row[0])) % _MODULUS
        self._upper = (self._upper + int(row[1])) % _MODULUS

    def result(self) -> Fingerprint:
        return _fingerprint(self._schema, self._rows, self._lower, self._upper)


def fingerprint_of_files(paths: Sequence[str], schema: pa.Schema) -> Fingerprint:
    """What Parquet files hold as DuckDB reads them, partition columns from their folders; `schema` is the table's."""
    if not paths:
        return _fingerprint(schema, 0, 0, 0)
    sums = [*content_sums(schema.names), exp.alias_(exp.func("count", exp.Star()), "rows")]
    listed = exp.array(*(exp.Literal.string(path) for path in paths))
    files = exp.func("read_parquet", listed, exp.EQ(this=exp.column("hive_partitioning"), expression=exp.true()))
    query = exp.select(*sums).from_(files).sql(dialect="duckdb")
    lower, upper, rows = _shared().cursor().execute(query).fetchall()[0]
    return _fingerprint(schema, int(rows), int(lower or 0) % _MODULUS, int(upper or 0) % _MODULUS)


def _fingerprint(schema: pa.Schema, rows: int, lower: int, upper: int) -> Fingerprint:
    types = ",".join(sorted(f"{column.name}:{column.type}" for column in schema))
    text = f"{types}|{rows}|{lower:016x}|{upper:016x}"
    return Fingerprint(rows, hashlib.sha256(text.encode()).hexdigest()[:32])


@cache
def _shared() -> duckdb.DuckDBPyConnection:
    """One in-memory database per process; each fingerprint works on a cursor of its own."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET threads = 1")
    return connection


@cache
def _batch_query(columns: tuple[str, ...]) -> str:
    return exp.select(*content_sums(columns)).from_("batch").sql(dialect="duckdb")


def content_sums(columns: Sequence[str]) -> list[exp.Expr]:
    """Sums of the two halves of each row's MD5, as `lower` and `upper`: equal for equal multisets of rows."""
    parts = [_written(exp.column(name, quoted=True)) for name in sorted(columns)]
    text = exp.func("concat", *parts, exp.Literal.string(""))
    hashes = {"lower": exp.func("md5_number_lower", text), "upper": exp.func("md5_number_upper", text.copy())}
    return [exp.alias_(exp.cast(exp.func("sum", exp.cast(h, "HUGEINT")), "VARCHAR"), n) for n, h in hashes.items()]


def _written(column: exp.Column) -> exp.Expr:
    """A value as length:text, so that no two rows share a text."""
    text = exp.cast(column, "VARCHAR")
    written = exp.func("concat", exp.func("length", text), exp.Literal.string(":"), text)
    return exp.Case().when(column.is_(exp.null()), exp.Literal.string("~")).else_(written)
