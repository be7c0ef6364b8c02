"""Every table and staged day of a lake held against what was recorded of it; reads all rows, writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.commits import LOG, HeldPartition, commits_of, standing_partitions, state_and_schema
from impact_pipeline.lake.content import fault_of
from impact_pipeline.lake.file_statistics import statistics_fault
from impact_pipeline.lake.fingerprint import fingerprint_of_files
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import LakeTable


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was looked at, and a sentence for each thing that is not as it was recorded."""

    partitions: int
    staged_days: int
    faults: tuple[str, ...]


def inspect(lake: Lake) -> Inspected:
    """Tables by name, then staged days."""
    faults: list[str] = []
    partitions = 0
    for name, table in lake.tables().items():
        try:
            held = standing_partitions(table)
            partitions += len(held)
            faults += [f"{name}: {fault}" for fault in _faults(table, held)]
        except LakeError as error:
            faults.append(str(error))
    staged = sorted((lake.root / "raw").glob("*/*/current.json"))
    faults += [fault for path in staged if (fault := _staged_fault(path))]
    return Inspected(partitions, len(staged), tuple(faults))


def _faults(table: LakeTable, held: dict[str, HeldPartition]) -> Iterator[str]:
    states, schema = state_and_schema(table)
    unsaid = [commit.path.name for commit in commits_of(table.path) if commit.state is None]
    yield from (f"{LOG}/{name}: the commit does not say what it published" for name in unsaid)
    yield from (f"{name}: no commit tells of its files any more" for name in sorted(states.keys() - held.keys()))
    for name in sorted(held) if schema is not None else ():
        fault = fault_of(table, held[name], schema) or statistics_fault(table, held[name])
        if fault:
            yield fault


def _staged_fault(pointer: Path) -> str:
    """A staged day is named by the fingerprint of its rows."""
    place = "/".join(pointer.parts[-4:])
    try:
        told = json.loads(pointer.read_bytes())
        path = pointer.parent / f"{told['fingerprint']}.parquet"
        found = (told["dataset"], told["day"])
    except (ValueError, KeyError, TypeError):
        return f"{place}: cannot be read; it was changed after it was written"
    if found != (pointer.parts[-3], pointer.parts[-2]):
        return f"{place}: says that it is of {found[0]} {found[1]}"
    if not path.is_file():
        return f"{place}: names {path.name}, which is not there"
    try:
        made = fingerprint_of_files([str(path)], pq.read_schema(path))
    except (duckdb.Error, pa.ArrowException, OSError, ValueError):
        return f"{'/'.join(path.parts[-4:])}: cannot be read; changed after it was written"
    if (made.digest, made.rows) != (told["fingerprint"], told["rows"]):
        return f"{'/'.join(path.parts[-4:])}: {made.rows} rows of fingerprint {made.digest}, not what was staged"
    return ""
