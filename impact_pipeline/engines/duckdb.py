"""DuckDB: the embedded engine. Each query runs on a connection of its own that can open nothing but its inputs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from impact_pipeline.engines.base import Input, ParquetFiles
from impact_pipeline.engines.installed import engine_installed


@dataclass(frozen=True, slots=True)
class DuckDBEngine:
    """`memory_limit` is DuckDB's own accounting; larger intermediate results spill to a temporary folder."""

    threads: int = 2
    memory_limit: str = "2GB"

    @property
    def name(self) -> str:
        return engine_installed()

    def table(self, query: exp.Query, inputs: Mapping[str, Input]) -> pa.Table:
        with self.session(inputs) as opened:
            return opened.table(query)

    @contextmanager
    def batches(
        self, query: exp.Query, inputs: Mapping[str, Input], batch_rows: int = 65_536, *, joins_as_written: bool = False
    ) -> Iterator[pa.RecordBatchReader]:
        with self._connected(inputs, "build_side_probe_side" if joins_as_written else "") as connection:
            yield connection.sql(_sql(query)).to_arrow_reader(batch_rows)

    @contextmanager
    def session(self, inputs: Mapping[str, Input]) -> Iterator[DuckDBSession]:
        with self._connected(inputs) as connection:
            yield DuckDBSession(connection)

    @contextmanager
    def _connected(
        self, inputs: Mapping[str, Input], without_optimizers: str = ""
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        with tempfile.TemporaryDirectory(prefix="impact-spill-") as spill, duckdb.connect(":memory:") as connection:
            connection.execute(f"SET disabled_optimizers = {_literal(without_optimizers)}")
            self._configure(connection, Path(spill), _opened(inputs))
            for name, given in inputs.items():
                _offer(connection, name, given)
            yield connection

    def _configure(self, connection: duckdb.DuckDBPyConnection, spill: Path, paths: list[str]) -> None:
        """Settings cannot be changed afterwards, and only the listed files can be opened."""
        settings: dict[str, object] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": False,
            "TimeZone": "UTC",
            "threads": self.threads,
            "memory_limit": self.memory_limit,
            "temp_directory": str(spill),
            "allowed_paths": paths,
            "enable_external_access": False,
            "lock_configuration": True,
        }
        for option, value in settings.items():
            connection.execute(f"SET {option} = {_literal(value)}")


@dataclass(frozen=True, slots=True)
class DuckDBSession:
    """Kept results are temporary tables, whose statistics let DuckDB pick the cheapest sums that cannot overflow."""

    connection: duckdb.DuckDBPyConnection

    def keep(self, name: str, query: exp.Query) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_identifier(name)} AS {_sql(query)}")

    def drop(self, name: str) -> None:
        self.connection.execute(f"DROP TABLE {_identifier(name)}")

    def table(self, query: exp.Query) -> pa.Table:
        return self.connection.sql(_sql(query)).to_arrow_table()


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, bool | int):
        return str(value).lower()
    return exp.Literal.string(str(value)).sql(dialect="duckdb")


def _opened(inputs: Mapping[str, Input]) -> list[str]:
    return [path for given in inputs.values() if isinstance(given, ParquetFiles) for path in given.paths]


def _offer(connection: duckdb.DuckDBPyConnection, name: str, given: Input) -> None:
    """Make an input readable under its name."""
    if isinstance(given, ParquetFiles) and given.paths:
        view = _identifier(name)
        files = _literal(list(given.paths))
        connection.execute(f"CREATE TEMP VIEW {view} AS SELECT * FROM read_parquet({files}, hive_partitioning = true)")
    else:
        connection.register(name, given.schema.empty_table() if isinstance(given, ParquetFiles) else given)


def _identifier(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def _sql(query: exp.Query) -> str:
    if not isinstance(query, exp.Query):
        raise TypeError(f"an engine runs one SELECT, not {type(query).__name__}")
    return query.sql(dialect="duckdb", comments=False)
