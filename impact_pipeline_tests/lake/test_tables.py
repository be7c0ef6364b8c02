"""Partitions are replaced whole, by the newest generation, whatever is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.fingerprint import Fingerprinter
from impact_pipeline.lake.tables import LakeTable, Publication

PROJECT = Path(__file__).resolve().parents[2]
DAY, OTHER = "2026-03-05", "2026-03-06"


def rows_of(day: str, values: Sequence[Any], type_: pa.DataType | None = None) -> pa.Table:
    days = pa.array([date.fromisoformat(day)] * len(values), pa.date32())
    return pa.table({"value": pa.array(values, type_ or pa.int64()), "day": days})


def publish(
    table: LakeTable, day: str, values: Sequence[Any], generation: str = "1", rows: pa.Table | None = None, **given: Any
) -> Publication:
    """Publish one day of a table, with the columns `value` and `day` unless `rows` are given."""
    rows = rows_of(day, values) if rows is None else rows
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    digest = given.pop("input_digest", f"made from {list(values)[:3]}")
    return table.publish(reader, generation=generation, input_digest=digest, partition=day, **given)


def values_of(table: LakeTable, *days: str) -> list[int]:
    files = table.files(days or None)
    found = [v for path in files.paths for v in pq.read_table(path, partitioning=None).column("value").to_pylist()]
    return sorted(found)


def test_a_day_is_published_with_its_state(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    made = publish(table, DAY, [2, 1], facts={"rows_in": 3}, input_digest="x")
    found = Fingerprinter(rows_of(DAY, []).schema)
    list(found.passing(iter(rows_of(DAY, [1, 2]).to_batches())))
    assert made.written is True
    assert (made.version, made.state.fingerprint) == (0, found.result().digest)
    assert table.states() == {DAY: made.state}
    assert table.state(DAY) == made.state
    assert (made.state.rows, made.state.facts, made.state.input_digest) == (2, {"rows_in": 3}, "x")
    assert table.schema() == pa.schema([("value", pa.int64()), ("day", pa.date32())])
    assert values_of(table) == [1, 2]


def test_replacing_one_day_leaves_the_others(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    publish(table, DAY, [1, 2])
    other = publish(table, OTHER, [3])
    again = publish(table, DAY, [4], "2")
    assert (values_of(table), values_of(table, DAY), values_of(table, OTHER)) == ([3, 4], [4], [3])
    assert table.states() == {DAY: again.state, OTHER: other.state}
    assert table.version == again.version == 2


def test_a_day_can_become_empty_and_full_again(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    publish(table, DAY, [])
    assert (values_of(table), table.states()[DAY].rows) == ([], 0)
    publish(table, DAY, [1], "2")
    publish(table, DAY, [], "3")
    assert (values_of(table, DAY), table.states()[DAY].rows) == ([], 0)
    with pytest.raises(LakeError, match="generation 3 is already there"):
        publish(table, DAY, [1], "2")


def test_a_table_without_partitions_is_replaced_whole_with_any_columns(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "cells", partition_column="")
    publish(table, "", [], rows=pa.table({"a": [1, 2]}))
    publish(table, "", [], "2", rows=pa.table({"b": ["x"]}))
    assert table.schema() == pa.schema([("b", pa.string())])
    assert pq.read_table(table.files().paths[0]).to_pydict() == {"b": ["x"]}


def test_what_stands_is_found_by_its_inputs(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    assert table.current("x", DAY) is None
    made = publish(table, DAY, [1], input_digest="x")
    assert table.current("x", DAY) == Publication(made.state, 0, False)
    assert table.current("y", DAY) is None
    assert table.current("x", OTHER) is None


def test_an_older_generation_changes_nothing(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    publish(table, DAY, [2], "2026-03-07T02")
    publish(table, OTHER, [3], "2026-03-07T01")
    with pytest.raises(LakeError) as error:
        publish(table, DAY, [1], "2026-03-07T01")
    assert str(error.value) == (
        "orders 2026-03-05: generation 2026-03-07T02 is already there and is newer than 2026-03-07T01; "
        "nothing was changed"
    )
    assert (values_of(table, DAY), table.version) == ([2], 1)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (rows_of(DAY, ["12"], pa.string()), "value"),
        (rows_of(DAY, [12], pa.int32()), "value"),
        (rows_of(DAY, [12]).append_column("more", pa.array([1])), "more"),
        (rows_of(DAY, [12]).select(["day"]), "value"),
    ],
)
def test_other_columns_are_refused(tmp_path: Path, rows: pa.Table, columns: str) -> None:
    table = LakeTable(tmp_path / "orders")
    publish(table, DAY, [1])
    with pytest.raises(LakeError) as error:
        publish(table, DAY, [], "2", rows=rows)
    advice = "give the dataset a new name, or move the table away and redo its days"
    assert str(error.value) == f"orders: columns {columns} differ from the table's; {advice}"
    assert values_of(table) == [1]


def test_a_table_before_its_first_publication_is_refused(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    assert table.states() == {}
    for ask in (table.schema, table.files, lambda: table.version):
        with pytest.raises(LakeError, match=r"^table orders has not been published yet; materialize it first$"):
            ask()


def test_no_days_are_no_files(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    publish(table, DAY, [1])
    assert table.files([]).paths == ()
    assert table.files([OTHER]).paths == ()
    assert table.files([OTHER]).schema == table.schema()


PUBLISH = """
import sys
from pathlib import Path
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.tables import LakeTable
from impact_pipeline_tests.lake.test_tables import publish

table = LakeTable(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for generation in sys.argv[3:]:
    try:
        publish(table, sys.argv[2], [int(generation)] * 2_000, generation)
        print(generation, flush=True)
    except LakeError as error:
        assert "is newer than" in str(error), error
"""


def _publisher(table: LakeTable, day: str, generations: Sequence[int]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PUBLISH, str(table.path), day, *(f"{g:06}" for g in generations)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def _start(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def test_of_two_processes_the_newest_generation_stands(tmp_path: Path) -> None:
    table = LakeTable(tmp_path / "orders")
    order = random.Random(5).sample(range(1, 21), 20)
    workers = [_publisher(table, DAY, part) for part in (order[::2], order[1::2])]
    for worker in workers:
        _start(worker)
    written = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert all(part == sorted(part) for part in written)
    assert "000020" in [*written[0], *written[1]]
    assert (values_of(table), table.states()[DAY].generation) == ([20] * 2_000, "000020")
    assert table.version == len(written[0]) + len(written[1]) - 1


def _kill_while_publishing(table: LakeTable, first: int, wait: float) -> None:
    worker = _publisher(table, DAY, range(first, first + 500))
    _start(worker)
    time.sleep(wait)
    worker.send_signal(signal.SIGKILL)
    acknowledged = [int(line) for line in worker.communicate()[0].split()]
    _check_whole(table, acknowledged[-1] if acknowledged else 0)


def _check_whole(table: LakeTable, acknowledged: int) -> None:
    """One generation's rows, all of them, none older than the last that was acknowledged."""
    state = table.states()[DAY]
    assert int(state.generation) >= acknowledged
    assert values_of(table, DAY) == [int(state.generation)] * 2_000
    assert values_of(table, OTHER) == [7]


def _kills(path: Path, times: int) -> None:
    table = LakeTable(path / "orders")
    publish(table, OTHER, [7])
    publish(table, DAY, [0] * 2_000, "000000")
    waits = random.Random(11)
    for kill in range(times):
        _kill_while_publishing(table, 1 + 500 * kill, waits.uniform(0.02, 0.3))
    publish(table, DAY, [900_000] * 2_000, "900000")
    _check_whole(table, 900_000)


def test_a_kill_during_publication_leaves_the_table_whole(tmp_path: Path) -> None:
    _kills(tmp_path, times=4)


@pytest.mark.slow
def test_many_kills_during_publication_leave_the_table_whole(tmp_path: Path) -> None:
    _kills(tmp_path, times=40)
