"""Files that are whole or absent: written beside their place, synced, then renamed into it."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished-"


def write_atomically(path: Path, content: bytes) -> None:
    """After a kill at any moment `path` holds the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f"{UNFINISHED}{uuid.uuid4().hex}"
    with beside.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


@contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """A path to write to; renamed to `path` when the block ends without an error, removed when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f"{UNFINISHED}{uuid.uuid4().hex}"
    try:
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
        sync_directory(path.parent)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Alone among all processes of this machine that lock `path`; the kernel frees the lock of a killed one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sync_directory(directory: Path) -> None:
    """Make a rename in `directory` durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unfinished(root: Path, older_than: float) -> int:
    """Remove what killed writers left below `root` before `older_than` (a POSIX time); returns how many.

    Unfinished files of ours, and the `part-*.parquet#n` files that a killed Delta writer leaves and vacuum never lists.
    """
    left = [p for pattern in (f"{UNFINISHED}*", "*.parquet#*") for p in root.rglob(pattern)]
    stale = [path for path in left if path.lstat().st_mtime < older_than]
    for path in stale:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return len(stale)
