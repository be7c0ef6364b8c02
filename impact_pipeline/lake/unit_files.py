"""Parquet files that hold a unit's rows: found by their decoded columns, and written anew without them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import write_deltalake

from impact_pipeline.lake.files import sync_directory
from impact_pipeline.lake.sought import Sought

WHOLE = 1 << 40
"""No file is parted: what was one file stays one."""


def holds(path: Path, sought: Sought) -> bool:
    """Whether a row of the file is the unit's."""
    return any(pc.any(sought.rows(part)).as_py() for part in _parts(path))


def mentions(path: Path, sought: Sought) -> bool:
    """Whether any value in the file, however nested, is or mentions the unit."""
    return any(sought.mentioned(column.combine_chunks()) for part in _parts(path) for column in part.columns)


def without(path: Path, sought: Sought) -> pa.Table:
    """The rows of all others."""
    rows = pq.read_table(path, partitioning=None)
    return rows.filter(pc.invert(sought.rows(rows)))


def rewrite(path: Path, sought: Sought, beside: Path) -> Mapping[str, Any] | None:
    """Put the rows of all others in the file's place, in one step; None, and no file, where there are none.

    Returns size and statistics as a table's log tells them: Delta itself writes the file, in the folder `beside`.
    """
    rows = without(path, sought)
    if not rows.num_rows:
        path.unlink()
        return None
    shutil.rmtree(beside, ignore_errors=True)
    write_deltalake(beside, rows, target_file_size=WHOLE)
    log = (beside / "_delta_log" / f"{0:020}.json").read_text().splitlines()
    added: Mapping[str, Any] = next(json.loads(line)["add"] for line in log if '"add"' in line)
    (beside / added["path"]).replace(path)
    sync_directory(path.parent)
    shutil.rmtree(beside)
    return {"size": added["size"], "stats": added["stats"]}


def _parts(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as opened:
        for group in range(opened.num_row_groups):
            yield opened.read_row_group(group)
