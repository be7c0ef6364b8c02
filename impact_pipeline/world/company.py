"""Write the synthetic shop: a SQLite file with users, orders and tickets, and a Parquet file per dataset and day."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.world.activity import live_day
from impact_pipeline.world.assignment import assignments
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import make_population
from impact_pipeline.world.tables import DayTables, as_iso_text, profiles

SHOP = Path("raw/shop")
DATABASE = SHOP / "shop.sqlite"
DATABASE_TABLES: Mapping[str, tuple[str, str]] = {
    "users": (
        "user_id text, country text, device text, signed_up_at text, updated_at text, loaded_at text",
        "updated_at",
    ),
    "orders": ("order_id text, user_id text, status text, amount text, placed_at text, loaded_at text", "placed_at"),
    "tickets": ("ticket_id text, user_id text, topic text, opened_at text, loaded_at text", "opened_at"),
}


@dataclass(frozen=True, slots=True)
class World:
    """A written shop: where, how it was made, and its rows by dataset."""

    home: Path
    config: WorldConfig
    rows: Mapping[str, int]


def make_world(config: WorldConfig, home: Path) -> World:
    """Write the shop under `home`/raw/shop, in the place of one that is there. The same config gives the same rows."""
    target, building = home / SHOP, home / SHOP.with_name("shop.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    rows: Counter[str] = Counter()
    with closing(sqlite3.connect(building / DATABASE.name)) as database, database:
        for name, (columns, _) in DATABASE_TABLES.items():
            database.execute(f"create table {name} ({columns})")
        _live(config, building, database, rows)
        for name, (_, day_column) in DATABASE_TABLES.items():
            database.execute(f"create index {name}_{day_column} on {name} ({day_column})")
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    return World(home, config, dict(sorted(rows.items())))


def _live(config: WorldConfig, folder: Path, database: sqlite3.Connection, rows: Counter[str]) -> None:
    population, states = make_population(config), assignments(config)
    for number in range(config.days):
        day = live_day(config, population, states, number)
        tables = {"users": profiles(config, population, number), **DayTables(config, population, day).all()}
        for name, table in tables.items():
            rows[name] += table.num_rows
            if name in DATABASE_TABLES:
                _append(database, name, table)
            else:
                _write_file(folder / name / config.date_of(number).isoformat() / "part-0.parquet", table)


def _append(database: sqlite3.Connection, name: str, table: pa.Table) -> None:
    columns = [field.split()[0] for field in DATABASE_TABLES[name][0].split(", ")]
    values = as_iso_text(table.select(columns)).to_pydict()
    places = ", ".join("?" for _ in columns)
    database.executemany(f"insert into {name} values ({places})", zip(*values.values(), strict=True))


def _write_file(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True)
    pq.write_table(table, path, compression="zstd")
