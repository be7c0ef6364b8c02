"""Files are whole or absent."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from impact_pipeline.lake.files import finished_file, locked, remove_unfinished, write_atomically


def test_content_is_replaced_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_appears_when_its_block_ends_well(tmp_path: Path) -> None:
    with finished_file(tmp_path / "a") as beside:
        beside.write_text("whole")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_text() == "whole"
    assert len(list(tmp_path.iterdir())) == 1


def _fail_half_way(path: Path) -> None:
    with finished_file(path) as beside:
        beside.write_text("half")
        raise RuntimeError


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(RuntimeError):
        _fail_half_way(tmp_path / "a")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_leftovers_of_killed_writers_are_removed_once_they_are_old(tmp_path: Path) -> None:
    left = [".unfinished-1", "table/part-1.parquet#1", "table/day=2026-03-05/part-2.parquet#3", "sub/.unfinished-2/x"]
    for name in [*left, "table/part-1.parquet", "young/.unfinished-3"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for path in [*(tmp_path / name for name in left), tmp_path / "sub/.unfinished-2"]:
        os.utime(path, (1_000, 1_000))
    assert remove_unfinished(tmp_path, older_than=2_000) == 4
    kept = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert kept == ["table/part-1.parquet", "young/.unfinished-3"]


def _add_ones(path: Path, times: int) -> None:
    for _ in range(times):
        with locked(path.with_suffix(".lock")):
            path.write_text(str(int(path.read_text()) + 1))


def test_a_lock_lets_one_process_in_at_a_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    workers = [multiprocessing.get_context("fork").Process(target=_add_ones, args=(counter, 200)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counter.read_text() == "600"
