"""A database as a source: any SQLAlchemy URL, one table or query per dataset, read-only and streamed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from impact_pipeline.catalog.contract import Contract, Property
from impact_pipeline.catalog.source import DatabaseDataset, DatabaseSource
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.sources.base import Delivery, contracted
from impact_pipeline.sources.database_values import spool_values, spooled_values
from impact_pipeline.sources.day_bounds import day_bounds

if TYPE_CHECKING:
    from sqlalchemy import URL, ColumnElement, Connection, FromClause, Select

_NO_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")


@dataclass(frozen=True, slots=True)
class Database:
    """`environ` holds the URL when the document says `env:NAME`."""

    document: DatabaseSource
    home: Path
    environ: Mapping[str, str] = field(repr=False)

    def describe(self, dataset: str) -> str:
        found = self.document.datasets[dataset]
        part = f"table {found.table}" if found.table else f"query {_short_digest(found.query or '')}"
        return f"source '{self.document.name}', {self.document.url}, {part}"

    @contextmanager
    def read(self, contract: Contract, day: date) -> Iterator[Delivery]:
        """Rows are drained into a file without a name first, so the connection is held no longer than needed."""
        origin = self.describe(contract.name)
        dataset = self.document.datasets[contract.name]
        url = self._url(origin)
        typed = url.get_backend_name() != "sqlite"
        if not typed and dataset.day_type == "timestamp":
            raise InputError(
                f"{origin}: SQLite has no timestamps; write `day_type: iso_text` (ISO 8601 in UTC) or `date`"
            )
        with TemporaryFile() as file:
            with _connected(url, origin) as connection:
                columns = _delivered(connection, dataset)
                properties = [contract.by_name[name] for name in contracted(columns, contract, origin)]
                parts = _parts(connection, dataset, properties, day, self.document.batch_rows)
                schema = spool_values(file, parts, properties, origin)
            yield Delivery(columns, spooled_values(file, schema), typed)

    def _url(self, origin: str) -> URL:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        written = self.document.url
        variable = written.removeprefix("env:") if written.startswith("env:") else None
        text = written if variable is None else self.environ.get(variable, "")
        if not text:
            raise InputError(f"{origin}: environment variable {variable} is not set; set it to the database's URL")
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise InputError(f"{origin}: the value is not a SQLAlchemy URL; write `dialect+driver://...`") from None
        return (
            _read_only_sqlite(url, self.home, variable is None, origin) if url.get_backend_name() == "sqlite" else url
        )


def _read_only_sqlite(url: URL, home: Path, inside_home: bool, origin: str) -> URL:
    """SQLite makes a missing file anew; a URI with mode=ro does not, and cannot write."""
    path = Path(url.database or "")
    if inside_home and (path.is_absolute() or ".." in path.parts):
        raise InputError(f"{origin}: the file leaves the project's home; write a path below it")
    if not (home / path).is_file():
        raise SourceError(f"{origin}: the SQLite file does not exist; deliver it, or correct the URL")
    return url.set(database=f"file:{quote(str((home / path).resolve()))}", query={"mode": "ro", "uri": "true"})


@contextmanager
def _connected(url: URL, origin: str) -> Iterator[Connection]:
    """A read-only connection. What the driver says stays inside: it may hold values, names and passwords."""
    from sqlalchemy import NullPool, create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        with engine.connect() as connection:
            yield connection.execution_options(postgresql_readonly=True)
    except ImportError as error:
        raise SourceError(f"{origin}: the database driver '{error.name}' is not installed; install it") from None
    except (SQLAlchemyError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{origin}: the database answered {_driver_fault(error)}; check that it can be reached, and that the table "
            "or query and the day column exist"
        ) from None


def _driver_fault(error: Exception) -> str:
    """The error's class and code, nothing of its message."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "pgcode", None) or getattr(cause, "sqlite_errorname", None)
    return f"{type(cause).__name__} ({code})" if code else type(cause).__name__


def _delivered(connection: Connection, dataset: DatabaseDataset) -> tuple[str, ...]:
    """The names of the columns, without reading a row."""
    import sqlalchemy as sa

    query = sa.select(sa.text("*")).select_from(_rows(dataset)).where(sa.false())
    return tuple(connection.execute(query).keys())


def _parts(
    connection: Connection, dataset: DatabaseDataset, columns: Sequence[Property], day: date, batch_rows: int
) -> Iterator[Sequence[Any]]:
    """The day's rows in batches."""
    import sqlalchemy as sa

    first, following = day_bounds(day, dataset.day_type)
    told: ColumnElement[Any] = sa.column(dataset.day_column)
    query: Select[*tuple[Any, ...]] = (
        sa.select(*(sa.column(column.name) for column in columns))
        .select_from(_rows(dataset))
        .where(told >= first, told < following)
    )
    yield from connection.execution_options(yield_per=batch_rows).execute(query).partitions()


def _rows(dataset: DatabaseDataset) -> FromClause:
    import sqlalchemy as sa

    if dataset.table is not None:
        *schema, table = dataset.table.rsplit(".", 1)
        return sa.table(table, schema=schema[0] if schema else None)
    text = (dataset.query or "").strip().rstrip(";")
    return sa.text(_NO_PARAMETER.sub(r"\\:", text)).columns().subquery("delivered")


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
