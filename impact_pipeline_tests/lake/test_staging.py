"""Staged days: one file, one pointer, the newest generation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.spool import spooled
from impact_pipeline.lake.staging import StagedDay, Staging

DAY = "2026-03-05"


def _stage(root: Path, rows: Mapping[str, Any], generation: str = "1", **facts: Any) -> StagedDay:
    table = pa.table(rows)
    with spooled(pa.RecordBatchReader.from_batches(table.schema, table.to_batches())) as spool:
        return Staging(root).stage("orders", DAY, spool, generation=generation, facts=facts)


def test_a_staged_day_is_read_back_with_its_facts(tmp_path: Path) -> None:
    staged = _stage(tmp_path, {"a": [1, 2]}, source="shop")
    read, files = Staging(tmp_path).read("orders", DAY)
    assert read == staged
    assert (read.rows, read.facts) == (2, {"source": "shop"})
    assert files.paths == (str(tmp_path / "orders" / DAY / f"{staged.fingerprint}.parquet"),)
    assert pq.read_table(files.paths[0]).to_pydict() == {"a": [1, 2]}
    assert files.schema == pa.schema([("a", pa.int64())])


def test_a_new_delivery_replaces_the_old_one(tmp_path: Path) -> None:
    _stage(tmp_path, {"a": [1]})
    second = _stage(tmp_path, {"b": ["x"]}, "2")
    assert Staging(tmp_path).read("orders", DAY)[0] == second
    assert [path.stem for path in (tmp_path / "orders" / DAY).glob("*.parquet")] == [second.fingerprint]


def test_the_same_rows_keep_their_file(tmp_path: Path) -> None:
    first = _stage(tmp_path, {"a": [1, 2]})
    path = tmp_path / "orders" / DAY / f"{first.fingerprint}.parquet"
    before = path.stat().st_ino
    second = _stage(tmp_path, {"a": [2, 1]}, "2")
    assert (second.fingerprint, path.stat().st_ino) == (first.fingerprint, before)
    assert Staging(tmp_path).read("orders", DAY)[0].generation == "2"


def test_an_older_generation_changes_nothing(tmp_path: Path) -> None:
    staged = _stage(tmp_path, {"a": [1]}, "2026-03-06T02")
    with pytest.raises(LakeError) as error:
        _stage(tmp_path, {"a": [2]}, "2026-03-06T01")
    assert str(error.value) == (
        "raw/orders 2026-03-05: generation 2026-03-06T02 is already staged and is newer than 2026-03-06T01; "
        "nothing was changed"
    )
    assert Staging(tmp_path).read("orders", DAY)[0] == staged


def test_what_is_not_staged_or_was_discarded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"^raw/orders 2026-03-05 is not staged; materialize raw/orders for 2026-03-05"):
        Staging(tmp_path).read("orders", DAY)
    _stage(tmp_path, {"a": [1]})
    Staging(tmp_path).discard("orders", DAY)
    with pytest.raises(LakeError, match=r"^raw/orders 2026-03-05 is not staged"):
        Staging(tmp_path).read("orders", DAY)
    assert list(tmp_path.rglob("*.parquet")) == []


def test_a_day_without_rows_can_be_staged(tmp_path: Path) -> None:
    staged = _stage(tmp_path, {"a": pa.array([], pa.int64())})
    assert (staged.rows, pq.read_table(Staging(tmp_path).read("orders", DAY)[1].paths[0]).num_rows) == (0, 0)


def test_staged_days_are_listed_by_day(tmp_path: Path) -> None:
    assert Staging(tmp_path).days("orders") == {}
    _stage(tmp_path, {"a": [1]})
    newest = _stage(tmp_path, {"a": [2]}, generation="2")
    assert Staging(tmp_path).days("orders") == {DAY: newest}
    Staging(tmp_path).discard("orders", DAY)
    assert Staging(tmp_path).days("orders") == {}


def test_the_pointer_is_plain_json(tmp_path: Path) -> None:
    staged = _stage(tmp_path, {"a": [1]})
    pointer = json.loads((tmp_path / "orders" / DAY / "current.json").read_text())
    assert pointer["fingerprint"] == staged.fingerprint
