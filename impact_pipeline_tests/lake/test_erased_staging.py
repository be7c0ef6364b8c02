"""A unit's rows leave staged days, and what no pointer names goes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.lake.byte_scan import scanned
from impact_pipeline.lake.erased_staging import erase_staged, staged_with
from impact_pipeline.lake.erased_tables import Reduced
from impact_pipeline.lake.sought import Sought
from impact_pipeline.lake.spool import spooled
from impact_pipeline.lake.staging import StagedDay, Staging

GONE = 954_862_423_945_188_821
UNIT = Sought((), (GONE,))


def stage(root: Path, day: str, units: list[int]) -> StagedDay:
    rows = pa.table({"user_id": units})
    with spooled(pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())) as spool:
        return Staging(root).stage("orders", day, spool, generation="1", facts={"batches": 1})


def test_the_day_is_what_would_have_been_staged_without_the_unit(tmp_path: Path) -> None:
    before, other = stage(tmp_path / "raw", "a", [1, GONE, 2]), stage(tmp_path / "raw", "b", [1])
    without = stage(tmp_path / "elsewhere", "a", [2, 1])
    staging = Staging(tmp_path / "raw")
    states = staged_with(staging, UNIT)
    assert states == {"orders/a": (before.fingerprint, 3)}
    assert erase_staged(staging, states, UNIT) == (
        Reduced("orders/a", before.fingerprint, without.fingerprint, 1, True),
    )
    assert staging.days("orders") == {"a": without, "b": other}
    assert scanned([tmp_path], UNIT).clean
    assert erase_staged(staging, states, UNIT)[0].after == without.fingerprint


def test_rows_that_no_pointer_names_go(tmp_path: Path) -> None:
    stage(tmp_path, "a", [1])
    for folder in ("a", "b"):
        (tmp_path / "orders" / folder).mkdir(exist_ok=True)
        pq.write_table(pa.table({"user_id": [GONE]}), tmp_path / "orders" / folder / "left.parquet")
    erase_staged(Staging(tmp_path), {}, UNIT)
    assert scanned([tmp_path], UNIT).clean
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
