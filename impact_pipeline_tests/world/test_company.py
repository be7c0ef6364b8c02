from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from impact_pipeline.world.company import DATABASE, DATABASE_TABLES, SHOP, World, make_world
from impact_pipeline.world.config import SMALL_WORLD, WorldConfig

TINY = WorldConfig(users=300, days=6, warm_up_days=2, exposure_days=2)


def content(home: Path) -> dict[str, str]:
    """A digest of the rows of every table and file, in the order they are written in."""
    found = {}
    for path in sorted((home / SHOP).rglob("*.parquet")):
        rows = pq.read_table(path, partitioning=None).to_pylist()
        found[str(path.relative_to(home))] = hashlib.sha256(repr(rows).encode()).hexdigest()
    with closing(sqlite3.connect(home / DATABASE)) as database:
        for table in DATABASE_TABLES:
            rows = database.execute(f"select * from {table} order by rowid").fetchall()
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def test_the_same_config_gives_the_same_rows_and_another_seed_others(tmp_path: Path) -> None:
    for name, config in (("one", TINY), ("two", TINY), ("other", WorldConfig(8, 300, TINY.first_day, 6, 2, 2))):
        make_world(config, tmp_path / name)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert not set(content(tmp_path / "one").values()) & set(content(tmp_path / "other").values())


def test_a_world_takes_the_place_of_one_that_is_there(tmp_path: Path) -> None:
    make_world(SMALL_WORLD, tmp_path)
    make_world(TINY, tmp_path)
    make_world(TINY, tmp_path / "fresh")
    assert content(tmp_path) == {**content(tmp_path), **content(tmp_path / "fresh")}
    assert len(list((tmp_path / SHOP / "sessions").iterdir())) == 6
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["shop"]


def test_every_dataset_has_rows_on_every_day(small_world: World) -> None:
    for dataset in ("sessions", "predictions", "exposures"):
        files = sorted((small_world.home / SHOP / dataset).glob("*/part-0.parquet"))
        assert len(files) == SMALL_WORLD.days
        assert min(pq.read_metadata(file).num_rows for file in files) > 0
    with closing(sqlite3.connect(small_world.home / DATABASE)) as database:
        for table, (_, day_column) in DATABASE_TABLES.items():
            days = database.execute(f"select count(distinct substr({day_column}, 1, 10)) from {table}").fetchone()
            assert days == (SMALL_WORLD.days,)


def test_the_rows_written_are_counted(small_world: World) -> None:
    with closing(sqlite3.connect(small_world.home / DATABASE)) as database:
        assert small_world.rows["orders"] == database.execute("select count(*) from orders").fetchone()[0]
    files = (small_world.home / SHOP / "sessions").glob("*/*.parquet")
    assert small_world.rows["sessions"] == sum(pq.read_metadata(file).num_rows for file in files)


@pytest.mark.slow
def test_a_large_world_is_made_in_bounded_time_and_size(tmp_path: Path) -> None:
    rows = make_world(WorldConfig(users=200_000), tmp_path).rows
    assert 2_500_000 < rows["sessions"] < 4_000_000
