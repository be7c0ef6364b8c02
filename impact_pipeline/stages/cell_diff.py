"""The cells of two results compared: how many are equal, changed, added or gone, by metric and cohort day."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlglot import exp

from impact_pipeline.engines.base import Engine
from impact_pipeline.lake.commits import held_partitions
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.snapshot import lay_out
from impact_pipeline.lake.tables import LakeTable

KEYS = ("sample", "metric", "cohort_day", "period", "arm", "segment", "segment_value", "bucket", "unit")
"""What names a cell, or a row of a causal design's samples, as far as the table has the column."""

GROUP = ("metric", "cohort_day")
"""What is told of them: units never are."""


@dataclass(frozen=True, slots=True)
class CellDiff:
    """One table. `changed` are (metric, cohort day) with changed, added and gone cells; `missing` says why there are
    none to compare."""

    table: str
    equal: int
    changed: tuple[dict[str, Any], ...]
    missing: str = ""

    def __str__(self) -> str:
        if self.missing:
            return f"{self.table}: {self.missing}"
        moved = sum(int(one["cells"]) for one in self.changed)
        return f"{self.table}: {self.equal} equal, {moved} not, in {len(self.changed)} groups"


def cell_diffs(lake: Lake, engine: Engine, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[CellDiff]:
    """`before` and `after`: table -> fingerprint, as the two results recorded them."""
    for name in sorted(table for table in {*before, *after} if table.startswith("study/cells/")):
        if before.get(name) == after.get(name):
            continue
        table = lake.cells(name.rpartition("/")[2])
        yield _diff(name, table, engine, before.get(name, ""), after.get(name, ""))


def _diff(name: str, table: LakeTable, engine: Engine, before: str, after: str) -> CellDiff:
    rows = [_rows(table, engine, mark) if mark else None for mark in (before, after)]
    left, right = rows
    if left is None or right is None:
        return CellDiff(name, 0, (), "cells of both results are not there any more")
    moved: Counter[tuple[Any, ...]] = Counter()
    for key in left.keys() | right.keys():
        if left.get(key) != right.get(key):
            moved[_group(key)] += 1
    equal = sum(1 for key in left.keys() & right.keys() if left[key] == right[key])
    told = sorted(moved.items(), key=lambda item: tuple(map(str, item[0])))
    return CellDiff(name, equal, tuple({**dict(zip(GROUP, group, strict=True)), "cells": n} for group, n in told))


def _group(key: tuple[tuple[str, Any], ...]) -> tuple[Any, ...]:
    named = dict(key)
    return tuple(str(named[name]) if named.get(name) is not None else None for name in GROUP)


def _rows(table: LakeTable, engine: Engine, fingerprint: str) -> dict[tuple[tuple[str, Any], ...], Any] | None:
    """The rows that stood with this fingerprint by what names them; None where they are gone."""
    held = held_partitions(table, {"": fingerprint})
    if not held or not all(path.is_file() for one in held.values() for path in one.paths(table.path)):
        return None
    with tempfile.TemporaryDirectory(prefix="impact-diff-") as folder:
        laid_out = LakeTable(Path(folder) / "cells", partition_column="")
        lay_out(table, held, laid_out)
        everything = exp.select("*").from_(exp.to_table("cells", quoted=True))
        rows = engine.table(everything, {"cells": laid_out.files()}).to_pylist()
    return {tuple((key, row[key]) for key in KEYS if key in row): _values(row) for row in rows}


def _values(row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name in sorted(row) if name not in KEYS]
