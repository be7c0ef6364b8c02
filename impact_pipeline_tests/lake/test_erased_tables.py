"""A unit's rows leave a table, what stands and what once stood, and the log tells of it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from impact_pipeline.lake.byte_scan import scanned
from impact_pipeline.lake.commits import LOG, states_through_time
from impact_pipeline.lake.content import fault_of
from impact_pipeline.lake.erased_tables import Reduced, erase_rows, record_anew, touched
from impact_pipeline.lake.file_statistics import statistics_fault
from impact_pipeline.lake.sought import Sought
from impact_pipeline.lake.tables import LakeTable

GONE = 954_862_423_945_188_821
UNIT = Sought((), (GONE,))
SCHEMA = pa.schema([("unit", pa.int64()), ("amount", pa.decimal128(12, 2)), ("day", pa.string())])


def publish(table: LakeTable, day: str, units: list[int], **facts: str) -> str:
    amounts = [Decimal(n) for n in range(len(units))]
    rows = pa.table({"unit": units, "amount": amounts, "day": [day] * len(units)}).cast(SCHEMA)
    reader = pa.RecordBatchReader.from_batches(SCHEMA, rows.to_batches())
    done = table.publish(reader, generation="1", input_digest="x", partition=day, facts=facts)
    return done.state.fingerprint


@pytest.fixture
def table(tmp_path: Path) -> LakeTable:
    """Day a restated, day b of others alone, day c of the unit alone."""
    made = LakeTable(tmp_path / "trusted" / "orders")
    for day, units in (("a", [GONE, 2]), ("b", [3, 4]), ("a", [GONE, 2, 5]), ("c", [GONE])):
        publish(made, day, units)
    return made


def erase(table: LakeTable, folder: Path) -> tuple[Reduced, ...]:
    found = touched(table, UNIT)
    reduced = erase_rows(table, found, UNIT, folder / "beside")
    record_anew(table, found, {one.before: one.after for one in reduced})
    return reduced


def faults(table: LakeTable) -> Iterator[str]:
    """Of every state that the log tells of, then and now."""
    for _, held in states_through_time(table):
        yield fault_of(table, held, held.schema) or statistics_fault(table, held)


def test_every_version_is_reduced_and_holds_together(table: LakeTable, tmp_path: Path) -> None:
    reduced = erase(table, tmp_path)
    told = [(one.partition, one.rows, one.standing) for one in reduced]
    assert told == [("a", 1, False), ("a", 1, True), ("c", 1, True)]
    assert list(faults(table)) == ["", "", "", ""]
    assert {day: state.rows for day, state in table.states().items()} == {"a": 2, "b": 2, "c": 0}
    assert pq.read_table(table.files(["a"]).paths[0], partitioning=None)["unit"].to_pylist() == [2, 5]
    assert scanned([tmp_path], UNIT).clean


def test_what_remains_has_the_fingerprint_of_its_rows(table: LakeTable, tmp_path: Path) -> None:
    reduced = erase(table, tmp_path)
    other = LakeTable(tmp_path / "other")
    publish(other, "a", [GONE, 2, 5])
    publish(other, "z", [9])
    assert erase(other, tmp_path)[0] == Reduced("a", reduced[1].before, reduced[1].after, 1, True)
    assert table.state("a") is not None
    assert table.states()["a"].fingerprint == reduced[1].after


def test_untouched_partitions_keep_record_and_file(table: LakeTable, tmp_path: Path) -> None:
    before, [file] = table.state("b"), table.files(["b"]).paths
    content = Path(file).read_bytes()
    erase(table, tmp_path)
    assert table.state("b") == before
    assert Path(file).read_bytes() == content


def test_facts_that_name_an_input_name_what_it_holds_now(table: LakeTable, tmp_path: Path) -> None:
    folded = LakeTable(tmp_path / "unit_days" / "orders")
    mark = table.states()["a"].fingerprint
    publish(folded, "a", [7], fingerprint_in=mark, both=f"{mark}+{'0' * 32}", digest=mark * 2)
    reduced = erase(table, tmp_path)
    record_anew(folded, touched(folded, UNIT), {one.before: one.after for one in reduced})
    after = table.states()["a"].fingerprint
    assert folded.states()["a"].facts == {"fingerprint_in": after, "both": f"{after}+{'0' * 32}", "digest": mark * 2}
    assert list(faults(folded)) == [""]


def test_whoever_knows_a_table_notices_that_its_record_is_another(table: LakeTable, tmp_path: Path) -> None:
    """Its newest version has the same number, so that only another first commit tells."""
    folded = LakeTable(tmp_path / "unit_days" / "orders")
    publish(folded, "a", [7])
    publish(folded, "b", [7], fingerprint_in="f" * 32)
    assert folded.states()["b"].facts == {"fingerprint_in": "f" * 32}
    record_anew(folded, touched(folded, UNIT), {"f" * 32: "0" * 32})
    assert folded.states()["b"].facts == {"fingerprint_in": "0" * 32}


def test_checkpoints_keep_no_statistic_of_what_went(table: LakeTable, tmp_path: Path) -> None:
    DeltaTable(table.path).create_checkpoint()
    assert any("checkpoint" in path.name for path in scanned([tmp_path], UNIT).left)
    erase(table, tmp_path)
    assert scanned([tmp_path], UNIT).clean
    assert list((table.path / LOG).glob("*.checkpoint.parquet"))
    assert DeltaTable(table.path).to_pyarrow_table().num_rows == 4


def test_files_that_no_commit_tells_of_are_not_overlooked(table: LakeTable, tmp_path: Path) -> None:
    pq.write_table(pa.table({"unit": [GONE, 1]}), table.path / "part-left.parquet")
    erase(table, tmp_path)
    assert pq.read_table(table.path / "part-left.parquet")["unit"].to_pylist() == [1]
    assert scanned([tmp_path], UNIT).clean


def test_doing_it_again_changes_nothing(table: LakeTable, tmp_path: Path) -> None:
    found = touched(table, UNIT)
    first = erase(table, tmp_path)
    states = table.states()
    assert erase(table, tmp_path) == ()
    again = erase_rows(table, touched(table, UNIT).joined(found), UNIT, tmp_path / "beside")
    assert again == first
    assert table.states() == states


def test_a_table_goes_on_after_it(table: LakeTable, tmp_path: Path) -> None:
    erase(table, tmp_path)
    publish(table, "d", [8])
    assert table.states()["d"].rows == 1
    assert list(faults(table)) == [""] * 5
