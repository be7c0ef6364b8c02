"""Break a written shop on purpose: what sources, contracts and people do to data, for tests and drills.

Each function changes one dataset's day in place and says nothing of how the pipeline should answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from impact_pipeline.errors import InputError
from impact_pipeline.world.company import DATABASE, DATABASE_TABLES, SHOP
from impact_pipeline.world.tables import as_iso_text

IN_FILES = ("sessions", "predictions", "exposures")
Change = Callable[[pa.Table], pa.Table]


def day_file(home: Path, dataset: str, day: date) -> Path:
    """The Parquet file of one day of a dataset that is kept in files."""
    if dataset not in IN_FILES:
        raise InputError(f"world: dataset '{dataset}' is not kept in files; those are {', '.join(IN_FILES)}")
    path = home / SHOP / dataset / day.isoformat() / "part-0.parquet"
    if not path.exists():
        raise InputError(f"world: there is no day {day} of '{dataset}' below {home.name}; make a world that has it")
    return path


def remove_file(home: Path, dataset: str, day: date) -> None:
    """The day was not delivered."""
    day_file(home, dataset, day).unlink()


def truncate_file(home: Path, dataset: str, day: date) -> None:
    """The delivery broke off half way: the file has no footer."""
    path = day_file(home, dataset, day)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def drop_column(home: Path, dataset: str, day: date, column: str) -> None:
    """The day came without a column."""
    change_file(home, dataset, day, lambda table: table.drop_columns([column]))


def retype_column(home: Path, dataset: str, day: date, column: str) -> None:
    """The day came with a column as text, with a unit that no cast understands."""

    def retyped(table: pa.Table) -> pa.Table:
        text = pc.binary_join_element_wise(table[column].cast(pa.string()), "units", " ")
        return table.set_column(table.column_names.index(column), column, text)

    change_file(home, dataset, day, retyped)


def change_file(home: Path, dataset: str, day: date, change: Change) -> None:
    """Deliver the day again, changed: a restatement."""
    path = day_file(home, dataset, day)
    pq.write_table(change(pq.read_table(path, partitioning=None)), path, compression="zstd")


def break_contract(home: Path, dataset: str, day: date, share: float = 0.2) -> int:
    """Void the user of a share of the day's rows, above what the contract quarantines; returns how many."""
    if dataset in IN_FILES:
        total = pq.read_metadata(day_file(home, dataset, day)).num_rows
        voided = int(np.ceil(total * share))
        change_file(home, dataset, day, lambda table: _without_users(table, voided))
        return voided
    with closing(_open(home, dataset)) as database, database:
        where, bounds = _of_day(dataset, day)
        total = database.execute(f"select count(*) from {dataset} where {where}", bounds).fetchone()[0]
        voided = int(np.ceil(total * share))
        chosen = f"select rowid from {dataset} where {where} order by rowid limit ?"
        database.execute(f"update {dataset} set user_id = null where rowid in ({chosen})", (*bounds, voided))
    return voided


def restate_orders(home: Path, day: date, factor: int = 2) -> int:
    """Every order of the day is worth `factor` times as much; returns how many were changed."""
    with closing(_open(home, "orders")) as database, database:
        where, bounds = _of_day("orders", day)
        text = f"printf('%.2f', cast(amount as real) * {int(factor)})"
        return database.execute(
            f"update orders set amount = {text} where amount is not null and {where}", bounds
        ).rowcount


def add_late_orders(home: Path, day: date, users: tuple[str, ...], loaded_at: datetime, amount: str = "25.00") -> None:
    """Orders at noon of `day` that reached the shop's systems only at `loaded_at`."""
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    table = pa.table({
        "order_id": [f"late-{day}-{index}" for index in range(len(users))], "user_id": list(users),
        "status": ["paid"] * len(users), "amount": [amount] * len(users),
        "placed_at": [noon] * len(users), "loaded_at": [loaded_at] * len(users),
    })  # fmt: skip
    rows = zip(*as_iso_text(table).to_pydict().values(), strict=True)
    with closing(_open(home, "orders")) as database, database:
        database.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", rows)


def repeat_order(home: Path, day: date, on: date) -> str:
    """The first order of `day` is delivered once more with a time on day `on`; returns its id."""
    with closing(_open(home, "orders")) as database, database:
        where, bounds = _of_day("orders", day)
        row = list(database.execute(f"select * from orders where {where} order by rowid limit 1", bounds).fetchone())
        moved = [str(on) + row[4][10:], str(on + timedelta(days=1)) + row[5][10:]]
        database.execute("insert into orders values (?, ?, ?, ?, ?, ?)", [*row[:4], *moved])
    return str(row[0])


def _without_users(table: pa.Table, rows: int) -> pa.Table:
    users = pc.if_else(pa.array(np.arange(table.num_rows) < rows), pa.scalar(None, pa.string()), table["user_id"])
    return table.set_column(table.column_names.index("user_id"), "user_id", users)


def _open(home: Path, table: str) -> sqlite3.Connection:
    if table not in DATABASE_TABLES:
        raise InputError(
            f"world: there is no dataset '{table}'; datasets are {', '.join((*IN_FILES, *DATABASE_TABLES))}"
        )
    if not (home / DATABASE).exists():
        raise InputError(f"world: there is no shop below {home.name}; make one first")
    return sqlite3.connect(home / DATABASE)


def _of_day(table: str, day: date) -> tuple[str, tuple[str, str]]:
    column = DATABASE_TABLES[table][1]
    return f"{column} >= ? and {column} < ?", (day.isoformat(), (day + timedelta(days=1)).isoformat())
