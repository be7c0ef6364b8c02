"""A unit's rows taken out of staged days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from impact_pipeline.lake.erased_tables import Reduced
from impact_pipeline.lake.sought import Sought
from impact_pipeline.lake.spool import spooled
from impact_pipeline.lake.staging import StagedDay, Staging
from impact_pipeline.lake.unit_files import holds, without

StagedStates = Mapping[str, tuple[str, int]]
"""'orders/2026-03-04' -> fingerprint and rows."""


def staged_with(staging: Staging, sought: Sought) -> StagedStates:
    """The staged days that hold the unit."""
    found = ((place, staged, path) for place, staged, path in _days(staging) if path.exists() and holds(path, sought))
    return {place: (staged.fingerprint, staged.rows) for place, staged, _ in found}


def erase_staged(staging: Staging, states: StagedStates, sought: Sought) -> tuple[Reduced, ...]:
    """Stage these days anew without the unit; files that no pointer names go, whatever they hold."""
    for place, staged, path in _days(staging):
        if place in states and path.exists():
            _stage_without(staging, staged, path, sought)
    named = {place: (staged, path) for place, staged, path in _days(staging)}
    current = {path for _, path in named.values()}
    for path in staging.root.glob("*/*/*.parquet"):
        if path not in current:
            path.unlink()
    found = ((place, named[place][0], *states[place]) for place in sorted(states) if place in named)
    return tuple(Reduced(place, before, now.fingerprint, rows - now.rows, True) for place, now, before, rows in found)


def _days(staging: Staging) -> Iterator[tuple[str, StagedDay, Path]]:
    for folder in sorted(staging.root.glob("*")):
        for day, staged in staging.days(folder.name).items():
            yield f"{folder.name}/{day}", staged, staging.file(staged)


def _stage_without(staging: Staging, staged: StagedDay, path: Path, sought: Sought) -> None:
    rows = without(path, sought)
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    with spooled(reader) as spool:
        staging.stage(staged.dataset, staged.day, spool, generation=staged.generation, facts=staged.facts)
