from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.world.company import DATABASE, World
from impact_pipeline.world.faults import (
    add_late_orders,
    break_contract,
    day_file,
    drop_column,
    remove_file,
    repeat_order,
    restate_orders,
    retype_column,
    truncate_file,
)

DAY, NEXT = date(2026, 3, 4), date(2026, 3, 5)


def ask(world: World, query: str) -> Any:
    with closing(sqlite3.connect(world.home / DATABASE)) as database:
        return database.execute(query).fetchone()


def sessions(world: World, day: date = DAY) -> pa.Table:
    return pq.read_table(day_file(world.home, "sessions", day), partitioning=None)


def test_removed_and_truncated_files_cannot_be_read(own_world: World) -> None:
    truncate_file(own_world.home, "sessions", DAY)
    with pytest.raises(pa.ArrowInvalid):
        sessions(own_world)
    remove_file(own_world.home, "sessions", DAY)
    with pytest.raises(InputError, match=r"there is no day 2026-03-04 of 'sessions'"):
        sessions(own_world)
    assert sessions(own_world, NEXT).num_rows > 0


def test_a_column_is_missing_or_text_on_one_day(own_world: World) -> None:
    drop_column(own_world.home, "sessions", DAY, "page_views")
    assert "page_views" not in sessions(own_world).column_names
    retype_column(own_world.home, "sessions", NEXT, "page_views")
    assert sessions(own_world, NEXT)["page_views"][0].as_py().endswith(" units")
    assert sessions(own_world, NEXT).column_names.index("page_views") == 4


def test_a_broken_contract_voids_a_share_of_the_users_of_a_file(own_world: World) -> None:
    voided = break_contract(own_world.home, "sessions", DAY, share=0.2)
    assert sessions(own_world)["user_id"].null_count == voided
    assert voided == -(-sessions(own_world).num_rows // 5)


def test_a_broken_contract_voids_a_share_of_the_users_of_a_table(own_world: World) -> None:
    voided = break_contract(own_world.home, "orders", DAY, share=0.5)
    found = ask(own_world, "select count(*), count(user_id) from orders where placed_at like '2026-03-04%'")
    assert found[0] - found[1] == voided
    assert voided == -(-found[0] // 2)
    assert ask(own_world, "select count(*) from orders where user_id is null") == (voided,)


def test_restated_orders_are_worth_twice_as_much_on_one_day(own_world: World) -> None:
    total = "select sum(cast(amount as real)) from orders where placed_at {} '2026-03-04%'"
    before, elsewhere = ask(own_world, total.format("like"))[0], ask(own_world, total.format("not like"))[0]
    changed = restate_orders(own_world.home, DAY)
    assert ask(own_world, total.format("like"))[0] == pytest.approx(2 * before)
    assert ask(own_world, total.format("not like"))[0] == elsewhere
    assert (changed,) == ask(own_world, "select count(*) from orders where placed_at like '2026-03-04%'")


def test_late_orders_lie_on_their_day_and_arrive_later(own_world: World) -> None:
    add_late_orders(own_world.home, DAY, ("u0000001", "u0000002"), datetime(2026, 3, 9, 4, tzinfo=UTC))
    rows = ask(own_world, "select count(*), min(placed_at), max(loaded_at) from orders where order_id like 'late-%'")
    assert rows == (2, "2026-03-04T12:00:00.000000+00:00", "2026-03-09T04:00:00.000000+00:00")


def test_a_repeated_order_has_the_id_of_an_order_of_another_day(own_world: World) -> None:
    repeated = repeat_order(own_world.home, DAY, NEXT)
    days = ask(own_world, f"select group_concat(substr(placed_at, 1, 10)) from orders where order_id = '{repeated}'")
    assert days == ("2026-03-04,2026-03-05",)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            lambda home: remove_file(home, "orders", DAY),
            "world: dataset 'orders' is not kept in files; those are sessions, predictions, exposures",
        ),
        (
            lambda home: break_contract(home, "nope", DAY),
            "world: there is no dataset 'nope'; datasets are sessions, predictions, exposures, users, orders, tickets",
        ),
        (lambda home: restate_orders(home, DAY), "world: there is no shop below empty; make one first"),
    ],
)
def test_faults_that_cannot_be_made_are_refused(tmp_path: Path, fault: Callable[[Path], object], message: str) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    with pytest.raises(InputError) as raised:
        fault(home)
    assert str(raised.value) == message
