"""A stream written to a temporary file once, so that it is fingerprinted before it is published, in bounded memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from impact_pipeline.lake.fingerprint import Fingerprint, Fingerprinter

PREFIX = "impact-spool-"
SCRATCH = "impact-replay-"
"""Begins the name of a lake in which a result is recomputed."""


@dataclass(frozen=True, slots=True)
class Spool:
    path: Path
    fingerprint: Fingerprint

    @contextmanager
    def read(self) -> Iterator[pa.RecordBatchReader]:
        """The rows again, as often as needed."""
        with pa.OSFile(str(self.path)) as source, pa.ipc.open_stream(source) as reader:
            yield reader


@contextmanager
def spooled(rows: pa.RecordBatchReader) -> Iterator[Spool]:
    """Drain `rows` into a temporary file; it is removed when the block ends."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        path = Path(folder) / "rows.arrow"
        fingerprinter = Fingerprinter(rows.schema)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, rows.schema) as writer:
            for batch in fingerprinter.passing(iter(rows)):
                writer.write_batch(batch)
        yield Spool(path, fingerprinter.result())


def left_behind(folder: Path, older_than: float) -> tuple[Path, ...]:
    """Streams and scratch lakes that killed processes left in a folder of temporary files before a POSIX time."""
    found = (path for prefix in (PREFIX, SCRATCH) for path in folder.glob(f"{prefix}*"))
    return tuple(sorted(path for path in found if 0 < _written_at(path) < older_than))


def remove_left_behind(folder: Path, older_than: float) -> int:
    """Remove them, as far as they are ours to remove; returns how many there were."""
    left = left_behind(folder, older_than)
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _written_at(path: Path) -> float:
    """When the folder or a file in it was last written; 0 where it is gone meanwhile."""
    try:
        return max(one.lstat().st_mtime for one in (path, *path.glob("*")))
    except FileNotFoundError:
        return 0
