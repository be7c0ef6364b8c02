"""A Delta table's log read commit by commit: which files held which state of a partition, then and now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError

from impact_pipeline.errors import LakeError
from impact_pipeline.lake.tables import LakeTable, PartitionState, record_digest

LOG = "_delta_log"


@dataclass(frozen=True, slots=True)
class Commit:
    """One version: the actions of its file in the log, and the state of the partition that it published."""

    version: int
    path: Path
    actions: tuple[Mapping[str, Any], ...]
    state: PartitionState | None

    def of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        return [action[kind] for action in self.actions if kind in action]


@dataclass(frozen=True, slots=True)
class HeldPartition:
    """A partition as it once stood: its state, the log's entries for its files, and the table's own description."""

    state: PartitionState
    files: tuple[Mapping[str, Any], ...]
    table: tuple[Mapping[str, Any], ...]

    def paths(self, root: Path) -> tuple[Path, ...]:
        return tuple(sorted(root / place_of(file) for file in self.files))

    @property
    def schema(self) -> pa.Schema:
        """The table's columns at that time."""
        described = next(action["metaData"] for action in self.table if "metaData" in action)
        return pa.schema(Schema.from_json(described["schemaString"]).to_arrow())


def place_of(action: Mapping[str, Any]) -> str:
    """Where the file of an action lies, below the table's folder."""
    return unquote(str(action["path"]))


def commits_of(path: Path) -> Iterator[Commit]:
    """The commits whose files are still in the log, oldest first; raises `LakeError` naming one that cannot be read."""
    for file in sorted((path / LOG).glob("*.json")):
        if file.stem.isdigit():
            yield _commit(file)


def states_through_time(table: LakeTable) -> Iterator[tuple[Commit, HeldPartition]]:
    """Each commit that published a state, with the files that held it then; oldest first."""
    files: dict[str, dict[str, Mapping[str, Any]]] = {}
    described: dict[str, Mapping[str, Any]] = {}
    for commit in commits_of(table.path):
        described.update({kind: {kind: one} for kind in ("protocol", "metaData") for one in commit.of_kind(kind)})
        _replay(table, commit, files)
        if commit.state is not None:
            held = tuple(files.get(commit.state.partition, {}).values())
            yield commit, HeldPartition(commit.state, held, tuple(described.values()))


def held_partitions(table: LakeTable, wanted: Mapping[str, str]) -> dict[str, HeldPartition]:
    """Partition -> how it stood with the wanted fingerprint, the newest time that it did; absent where it never did."""
    through_time = (held for _, held in states_through_time(table))
    return {h.state.partition: h for h in through_time if wanted.get(h.state.partition) == h.state.fingerprint}


def standing_partitions(table: LakeTable) -> dict[str, HeldPartition]:
    """Every partition as its newest commit tells of it."""
    states, _ = state_and_schema(table)
    return held_partitions(table, {name: state.fingerprint for name, state in states.items()})


def state_and_schema(table: LakeTable) -> tuple[Mapping[str, PartitionState], pa.Schema | None]:
    """As its files tell now, whatever this process knows of the table; no schema where nothing was published.

    Raises `LakeError` where the log cannot be read.
    """
    states = {commit.state.partition: commit.state for commit in commits_of(table.path) if commit.state is not None}
    if not states:
        return states, None
    try:
        return states, pa.schema(DeltaTable(table.path).schema().to_arrow())
    except (DeltaError, OSError, ValueError, KeyError, TypeError) as error:
        told = f"its log cannot be read ({type(error).__name__}); it was changed after it was written"
        raise LakeError(f"{'/'.join(table.path.parts[-2:])}: {told}") from None


def _replay(table: LakeTable, commit: Commit, files: dict[str, dict[str, Mapping[str, Any]]]) -> None:
    for gone in commit.of_kind("remove"):
        for held in files.values():
            held.pop(str(gone["path"]), None)
    for added in commit.of_kind("add"):
        partition = str((added.get("partitionValues") or {}).get(table.partition_column) or "")
        files.setdefault(partition, {})[str(added["path"])] = added


def _commit(file: Path) -> Commit:
    try:
        actions = tuple(json.loads(line) for line in file.read_bytes().splitlines() if line.strip())
        info: Mapping[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
        told = info.get("impact")
        state = None if told is None else PartitionState(**json.loads(told))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise LakeError(f"{_place(file)}: the commit cannot be read; it was changed after it was written") from None
    if told is not None and info.get("impact_digest", record_digest(told)) != record_digest(told):
        raise LakeError(f"{_place(file)}: what the commit recorded was changed after it was written")
    return Commit(int(file.stem), file, actions, state)


def _place(file: Path) -> str:
    return "/".join(file.parts[-4:])
