"""DuckDB runs one SELECT over its inputs, and can reach nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from impact_pipeline.engines.base import ParquetFiles
from impact_pipeline.engines.duckdb import DuckDBEngine

ENGINE = DuckDBEngine(threads=2)
ROWS = pa.table({"unit": [1, 1, 2], "value": [10, 20, 30]})


def query(sql: str) -> Any:
    return sqlglot.parse_one(sql, read="duckdb")


def files(path: Path, *tables: pa.Table) -> ParquetFiles:
    paths = [path / f"{number}.parquet" for number in range(len(tables))]
    for file, table in zip(paths, tables, strict=True):
        pq.write_table(table, file)
    return ParquetFiles(tuple(map(str, paths)), tables[0].schema if tables else ROWS.schema)


def test_tables_and_files_are_read_by_name(tmp_path: Path) -> None:
    inputs = {"orders": files(tmp_path, ROWS, ROWS), "names": pa.table({"unit": [1, 2], "name": ["a", "b"]})}
    sql = "SELECT name, sum(value)::BIGINT AS total FROM orders JOIN names USING (unit) GROUP BY ALL ORDER BY name"
    assert ENGINE.table(query(sql), inputs).to_pylist() == [{"name": "a", "total": 60}, {"name": "b", "total": 60}]


def test_no_files_are_an_empty_table(tmp_path: Path) -> None:
    found = ENGINE.table(query("SELECT count(*) AS n, sum(value) AS total FROM orders"), {"orders": files(tmp_path)})
    assert found.to_pylist() == [{"n": 0, "total": None}]


def test_names_and_paths_are_quoted(tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s; a "path"'
    odd.mkdir()
    select = exp.select("*").from_(exp.to_table('"odd "" name"', dialect="duckdb"))
    assert ENGINE.table(select, {'odd " name': files(odd, ROWS)}).num_rows == 3


def test_a_result_streams_in_batches(tmp_path: Path) -> None:
    many = pa.table({"value": range(10_000)})
    with ENGINE.batches(query("SELECT * FROM many"), {"many": files(tmp_path, many)}, batch_rows=2_048) as rows:
        sizes = [batch.num_rows for batch in rows]
    assert sum(sizes) == 10_000
    assert max(sizes) <= 2_048


@pytest.mark.parametrize(("as_written", "held_off"), [(False, ""), (True, "build_side_probe_side")])
def test_joins_are_planned_by_size_or_as_written_with_the_same_rows(as_written: bool, held_off: str) -> None:
    """A small left side is built by itself, unless joins are as written."""
    inputs = {"few": pa.table({"unit": [2, 9]}), "many": pa.table({"unit": range(5_000), "value": range(5_000)})}
    sql = "SELECT unit, value, current_setting('disabled_optimizers') AS off FROM few LEFT JOIN many USING (unit)"
    with ENGINE.batches(query(sql), inputs, joins_as_written=as_written) as rows:
        found = rows.read_all().sort_by("unit").to_pylist()
    assert found == [{"unit": 2, "value": 2, "off": held_off}, {"unit": 9, "value": 9, "off": held_off}]


def test_sums_of_integers_are_exact_on_any_number_of_threads(tmp_path: Path) -> None:
    table = pa.table({"value": [2**62, 2**62, 2**62, -1] * 50_000})
    given = {"many": files(tmp_path, table, table.slice(1))}
    sql = query("SELECT CAST(sum(value) AS VARCHAR) AS total FROM many")
    found = [DuckDBEngine(threads=threads).table(sql, given).to_pylist() for threads in (1, 2, 4)]
    total = (3 * 2**62 - 1) * 50_000
    assert found == [[{"total": str(2 * total - 2**62)}]] * 3


def test_instants_are_utc_whatever_the_machine() -> None:
    sql = query(
        "SELECT CAST(TIMESTAMPTZ '2026-03-05 00:30:00+02:00' AS VARCHAR) AS at, current_setting('TimeZone') AS zone"
    )
    assert ENGINE.table(sql, {}).to_pylist() == [{"at": "2026-03-04 22:30:00+00", "zone": "UTC"}]


def test_the_engine_is_named_with_its_version() -> None:
    assert ENGINE.name == f"duckdb {duckdb.__version__}"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_blob('{secret}')",
        "SELECT * FROM read_json('{secret}')",
        "SELECT * FROM read_parquet('{folder}/other.parquet')",
        "SELECT * FROM read_parquet('{folder}/*.parquet')",
        "SELECT * FROM '{folder}/other.parquet'",
        "SELECT * FROM parquet_metadata('{folder}/other.parquet')",
        "SELECT * FROM sniff_csv('{secret}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_csv('{folder}/../{name}/secret.csv')",
        "SELECT * FROM read_text('{link}')",
        "SELECT * FROM read_csv('http://localhost:1/x.csv')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "SELECT * FROM secret_rows",
    ],
)
def test_nothing_but_the_inputs_can_be_read(tmp_path: Path, sql: str) -> None:
    secret_rows = pa.table({"a": ["canary"]})
    given = {"orders": files(tmp_path, ROWS)}
    (tmp_path / "secret.csv").write_text("a\ncanary\n")
    pq.write_table(secret_rows, tmp_path / "other.parquet")
    (tmp_path / "link.csv").symlink_to(tmp_path / "secret.csv")
    text = sql.format(secret=tmp_path / "secret.csv", folder=tmp_path, name=tmp_path.name, link=tmp_path / "link.csv")
    with pytest.raises((duckdb.PermissionException, duckdb.CatalogException)):
        ENGINE.table(query(text), given)


def test_the_environment_cannot_be_read() -> None:
    with pytest.raises(duckdb.Error):
        ENGINE.table(query("SELECT getenv('HOME') AS home"), {})


@pytest.mark.parametrize(
    "sql",
    [
        "COPY orders TO '{folder}/out.csv'",
        "SET threads = 8",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA memory_limit = '90GB'",
        "CREATE MACRO sum(x) AS 0",
        "CREATE TABLE t AS SELECT 1",
        "ATTACH '{folder}/new.duckdb'",
        "INSTALL httpfs",
        "DELETE FROM orders",
    ],
)
def test_nothing_but_a_select_is_run(tmp_path: Path, sql: str) -> None:
    statement = query(sql.format(folder=tmp_path))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(TypeError, match=r"^an engine runs one SELECT, not "):
        ENGINE.table(statement, {"orders": ROWS})
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("option", ["enable_external_access", "threads", "allowed_paths", "memory_limit"])
def test_settings_are_locked(tmp_path: Path, option: str) -> None:
    with ENGINE._connected({"orders": files(tmp_path, ROWS)}) as connection:
        with pytest.raises(duckdb.InvalidInputException, match="configuration has been locked"):
            connection.execute(f"SET {option} = '1'")
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"COPY orders TO '{tmp_path}/out.csv'")


def test_a_session_keeps_results_for_later_queries_and_replaces_them() -> None:
    with ENGINE.session({"orders": ROWS}) as session:
        session.keep('to "tals', query("SELECT unit, sum(value) AS total FROM orders GROUP BY unit"))
        session.keep('to "tals', query("SELECT unit, max(value) AS total FROM orders GROUP BY unit"))
        kept = exp.select("*").from_(exp.to_table('"to ""tals"', dialect="duckdb")).order_by("unit")
        assert session.table(kept).to_pylist() == [{"unit": 1, "total": 20}, {"unit": 2, "total": 30}]
        session.drop('to "tals')
        with pytest.raises(duckdb.CatalogException):
            session.table(kept)


def test_a_session_can_open_nothing_but_its_inputs(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "other.parquet")
    other = query(f"SELECT * FROM read_parquet('{tmp_path / 'other.parquet'}')")
    with ENGINE.session({"orders": ROWS}) as session, pytest.raises(duckdb.PermissionException):
        session.keep("other", other)
