"""A stream kept once and read as often as needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.lake.spool import left_behind, remove_left_behind, spooled
from impact_pipeline_tests.lake.test_fingerprint import MANY, fingerprint


def test_rows_are_fingerprinted_and_can_be_read_again() -> None:
    with spooled(pa.RecordBatchReader.from_batches(MANY.schema, MANY.to_batches(100))) as spool:
        assert spool.fingerprint == fingerprint(MANY)
        for _ in range(2):
            with spool.read() as rows:
                assert rows.read_all() == MANY
    assert not spool.path.exists()


def test_an_error_of_the_stream_comes_through_as_it_is() -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield MANY.to_batches()[0]
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"), spooled(pa.RecordBatchReader.from_batches(MANY.schema, failing())):
        pass


def test_what_killed_processes_left_is_found_once_it_is_old(tmp_path: Path) -> None:
    for name in ("impact-spool-a", "impact-replay-b", "other-c"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "impact-spool-a", (1_000, 1_000))
    os.utime(tmp_path / "impact-replay-b", (2_000, 2_000))
    assert left_behind(tmp_path, older_than=1_500) == (tmp_path / "impact-spool-a",)
    assert len(left_behind(tmp_path, older_than=2_500)) == 2
    assert remove_left_behind(tmp_path, older_than=1_500) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["impact-replay-b", "other-c"]


def test_what_is_still_written_to_is_not_left(tmp_path: Path) -> None:
    (tmp_path / "impact-spool-a").mkdir()
    (tmp_path / "impact-spool-a" / "rows.arrow").touch()
    os.utime(tmp_path / "impact-spool-a", (1_000, 1_000))
    assert left_behind(tmp_path, older_than=1_500) == ()
