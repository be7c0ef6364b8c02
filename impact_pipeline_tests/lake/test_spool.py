"""A stream kept once and read as often as needed."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from impact_pipeline.lake.spool import spooled
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
