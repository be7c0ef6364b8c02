"""Make Dagster's SQLite event log as fast as its write-ahead log allows, for a batch of runs in this process.

Dagster opens and closes a connection per event: each commit waits for the disk, and each close folds the write-ahead
log back into the database. With `synchronous = NORMAL` the log stays consistent through kills and power cuts; a power
cut may lose the newest events, which are a record of what the lake holds and never the other way round.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def relaxed_event_log() -> Iterator[None]:
    """Inside the block, commits do not wait for the disk and each database keeps one connection open."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    anchors: dict[str, sqlite3.Connection] = {}

    def relax(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = NORMAL")
            _anchor(anchors, connection)

    event.listen(Engine, "connect", relax)
    try:
        yield
    finally:
        event.remove(Engine, "connect", relax)
        for anchor in anchors.values():
            anchor.close()


def _anchor(anchors: dict[str, sqlite3.Connection], connection: sqlite3.Connection) -> None:
    """Hold the connection's database open, so that closing it is not the last close."""
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    if path and path not in anchors:
        anchors[path] = sqlite3.connect(path, check_same_thread=False)
        anchors[path].execute("PRAGMA schema_version").fetchone()
