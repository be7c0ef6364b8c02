"""Partitions as they once stood, found in the log, held against their files, and laid out elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.commits import commits_of, held_partitions, standing_partitions, state_and_schema
from impact_pipeline.lake.content import content_of, fault_of
from impact_pipeline.lake.file_statistics import statistics_fault
from impact_pipeline.lake.snapshot import lay_out
from impact_pipeline.lake.tables import LakeTable, PartitionState
from impact_pipeline_tests.lake.test_tables import DAY, OTHER, publish, values_of

FIRST = "_delta_log/00000000000000000000.json"


@pytest.fixture
def table(tmp_path: Path) -> LakeTable:
    return LakeTable(tmp_path / "orders")


def state(table: LakeTable, day: str = DAY) -> PartitionState:
    found = table.state(day)
    assert found is not None
    return found


def test_a_replaced_partition_is_found_under_its_old_fingerprint(table: LakeTable) -> None:
    publish(table, DAY, [1, 2])
    publish(table, OTHER, [5])
    old = state(table)
    publish(table, DAY, [1, 3], generation="2")
    assert state(table).fingerprint != old.fingerprint
    held = held_partitions(table, {DAY: old.fingerprint, OTHER: state(table, OTHER).fingerprint})
    assert held[DAY].state == old
    assert [len(one.files) for one in held.values()] == [1, 1]
    assert standing_partitions(table)[DAY].state == state(table)
    assert held_partitions(table, {DAY: "never"}) == {}


def test_the_log_is_read_from_its_files_alone(table: LakeTable) -> None:
    assert state_and_schema(table) == ({}, None)
    publish(table, DAY, [1])
    states, schema = state_and_schema(table)
    assert (states, schema) == ({DAY: state(table)}, table.schema())
    [commit] = commits_of(table.path)
    assert (commit.version, commit.state) == (0, state(table))


def test_a_layout_holds_exactly_the_partitions_that_are_wanted(table: LakeTable, tmp_path: Path) -> None:
    publish(table, DAY, [1, 2])
    old = state(table)
    publish(table, DAY, [9], generation="2")
    publish(table, OTHER, [5])
    target = LakeTable(tmp_path / "scratch" / "orders")
    lay_out(table, held_partitions(table, {DAY: old.fingerprint}), target)
    assert (values_of(target), target.states()) == ([1, 2], {DAY: old})
    assert target.schema() == table.schema()
    assert values_of(table) == [5, 9]


def test_nothing_wanted_lays_out_nothing(table: LakeTable, tmp_path: Path) -> None:
    publish(table, DAY, [1])
    lay_out(table, {}, LakeTable(tmp_path / "scratch"))
    assert not (tmp_path / "scratch").exists()


def test_an_empty_partition_is_held_and_laid_out(table: LakeTable, tmp_path: Path) -> None:
    publish(table, DAY, [])
    target = LakeTable(tmp_path / "scratch" / "orders")
    lay_out(table, standing_partitions(table), target)
    assert target.states() == table.states()
    assert fault_of(table, standing_partitions(table)[DAY], table.schema()) == ""


def test_what_files_hold_is_what_was_recorded(table: LakeTable) -> None:
    publish(table, DAY, [3, 1, 2])
    held = standing_partitions(table)[DAY]
    found = content_of(table, held, table.schema())
    assert (found.rows, found.digest) == (3, state(table).fingerprint)
    assert (fault_of(table, held, table.schema()), statistics_fault(table, held)) == ("", "")


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.unlink(), "the file is gone"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "bytes; its commit recorded "),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "cannot be read; changed after it was written"),
    ],
)
def test_a_damaged_file_is_named(table: LakeTable, damage: Callable[[Path], None], told: str) -> None:
    publish(table, DAY, [1, 2])
    [path] = standing_partitions(table)[DAY].paths(table.path)
    damage(path)
    fault = fault_of(table, standing_partitions(table)[DAY], table.schema())
    assert path.name in fault
    assert told in fault


def test_rows_of_another_fingerprint_are_told(table: LakeTable) -> None:
    publish(table, DAY, [1, 2])
    publish(table, OTHER, [7, 8])
    held = standing_partitions(table)
    [path], [other] = (held[day].paths(table.path) for day in (DAY, OTHER))
    path.write_bytes(other.read_bytes())
    assert f"the commit recorded 2 rows of {state(table).fingerprint}" in fault_of(table, held[DAY], table.schema())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('\\"numRecords\\":2', '\\"numRecords\\":3', "the log tells of 3 rows; the file has 2"),
        ('\\"maxValues\\":{\\"value\\":2', '\\"maxValues\\":{\\"value\\":9',
         "the log says that column value reaches 9; the file says 2"),
    ],
)  # fmt: skip
def test_a_statistic_of_the_log_that_the_file_does_not_have_is_told(
    table: LakeTable, old: str, new: str, told: str
) -> None:
    publish(table, DAY, [1, 2])
    edited(table.path / FIRST, old, new)
    assert told in statistics_fault(table, standing_partitions(table)[DAY])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('\\"rows\\": 2', '\\"rows\\": 3', "what the commit recorded was changed after it was written"),
        ('"impact":"{', '"impact":"[', "the commit cannot be read; it was changed after it was written"),
    ],
)
def test_a_changed_commit_is_named(table: LakeTable, old: str, new: str, told: str) -> None:
    publish(table, DAY, [1, 2])
    edited(table.path / FIRST, old, new)
    with pytest.raises(LakeError, match=f"orders/{FIRST}: {told}"):
        list(commits_of(table.path))


def test_a_log_that_only_its_reader_refuses_is_named(table: LakeTable) -> None:
    publish(table, DAY, [1])
    edited(table.path / FIRST, "schemaString", "schemaStrung")
    with pytest.raises(LakeError, match="orders: its log cannot be read"):
        state_and_schema(table)


def test_commits_of_an_older_version_have_no_digest_and_are_read(table: LakeTable) -> None:
    publish(table, DAY, [1])
    path = table.path / FIRST
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line.get("commitInfo", {}).pop("impact_digest", None)
    path.write_text("\n".join(map(json.dumps, lines)))
    assert [commit.state for commit in commits_of(table.path)] == [state(table)]
