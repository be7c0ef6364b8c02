"""Rewrite a lake's tables in another layout: other row order, other files, the same rows and the same record."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake

FILES = 3


def rewrite(table_path: Path, rng: np.random.Generator) -> None:
    """Every partition's rows shuffled into `FILES` files; what its newest commit recorded stands again."""
    recorded: dict[str, str] = {}
    for commit in DeltaTable(table_path).history():
        recorded.setdefault(json.loads(commit["impact"])["partition"], commit["impact"])
    for partition, record in recorded.items():
        _rewrite_partition(DeltaTable(table_path), partition, CommitProperties(custom_metadata={"impact": record}), rng)


def _rewrite_partition(table: DeltaTable, partition: str, commit: CommitProperties, rng: np.random.Generator) -> None:
    predicate = f"day = '{partition}'" if partition else None
    rows = table.to_pyarrow_table(filters=[("day", "=", date.fromisoformat(partition))] if partition else None)
    shuffled = rows.take(pa.array(rng.permutation(rows.num_rows)))
    bounds = np.linspace(0, rows.num_rows, FILES + 1).astype(int)
    for number, (first, last) in enumerate(pairwise(bounds)):
        part = shuffled.slice(first, last - first)
        if number == 0:
            write_deltalake(table, part, mode="overwrite", predicate=predicate, commit_properties=commit)
        elif part.num_rows:
            write_deltalake(table, part, mode="append", commit_properties=commit)
