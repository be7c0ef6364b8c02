"""Delta tables kept open by this process: a table's log is read once, and only its new commits after that."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

MOST_OPEN = 512
FIRST_COMMIT = Path("_delta_log") / f"{0:020}.json"


@dataclass(slots=True)
class _Opened:
    identity: tuple[int, int]
    table: DeltaTable
    records: tuple[int, Mapping[str, dict[str, Any]]] = field(default=(-1, {}))


_opened: OrderedDict[str, _Opened] = OrderedDict()
_lock = Lock()


def open_newest(path: Path) -> DeltaTable | None:
    """The newest version of the table at `path`; None when there is none."""
    with _lock:
        entry = _entry(path)
        return entry.table if entry else None


def partition_records(path: Path) -> Mapping[str, dict[str, Any]]:
    """Partition -> what its newest commit recorded, as of the table's newest version."""
    with _lock:
        entry = _entry(path)
        if entry is None:
            return {}
        version = entry.table.version()
        if entry.records[0] != version:
            entry.records = (version, _records(entry.table, entry.records))
        return entry.records[1]


def _entry(path: Path) -> _Opened | None:
    key, identity = str(path), _identity(path)
    entry = _opened.pop(key, None)
    if identity is None:
        if not DeltaTable.is_deltatable(key):
            return None
        identity = (0, 0)
    if entry is None or entry.identity != identity or not _updated(entry.table):
        entry = _Opened(identity, DeltaTable(key))
    _opened[key] = entry
    while len(_opened) > MOST_OPEN:
        _opened.popitem(last=False)
    return entry


def _identity(path: Path) -> tuple[int, int] | None:
    """Tells a table from another that took its place; None when the first commit is not there."""
    try:
        first = (path / FIRST_COMMIT).stat()
    except OSError:
        return None
    return first.st_ino, first.st_mtime_ns


def _updated(table: DeltaTable) -> bool:
    try:
        table.update_incremental()
    except DeltaError:
        return False
    return True


def _records(table: DeltaTable, before: tuple[int, Mapping[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Only the commits since the version that was read last are parsed."""
    version, known = before
    new = table.history(limit=table.version() - version) if version >= 0 else table.history()
    found: dict[str, dict[str, Any]] = {}
    for commit in new:
        if "impact" in commit:
            record = json.loads(commit["impact"])
            found.setdefault(record["partition"], record)
    return {**known, **found}
