"""A unit's rows taken out of a Delta table, of what stands and of what once stood.

Every file that holds the unit is written anew under its own name, and each commit that tells of it says what the file
and its partition are now. So the history stays one that can be read and recomputed from, and no statistic, predicate or
old version keeps what was erased. Each step can be repeated: one that was killed is done again from its beginning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from impact_pipeline.lake.commits import LOG, Commit, HeldPartition, commits_of, place_of, states_through_time
from impact_pipeline.lake.content import content_of
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.sought import Sought
from impact_pipeline.lake.tables import LakeTable, PartitionState, record_of
from impact_pipeline.lake.unit_files import holds, rewrite

_FINGERPRINT = re.compile(r"\b[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Touched:
    """What of a table holds the unit: files, and versions with (partition, fingerprint, rows) of their states."""

    files: tuple[str, ...]
    states: Mapping[str, tuple[str, str, int]]

    def joined(self, earlier: Touched) -> Touched:
        """With what an interrupted erasure had found."""
        return Touched(tuple(sorted({*self.files, *earlier.files})), {**self.states, **earlier.states})


@dataclass(frozen=True, slots=True)
class Reduced:
    """A state before and after, by fingerprint; `rows` went. `standing` where it is what readers see now."""

    partition: str
    before: str
    after: str
    rows: int
    standing: bool


def touched(table: LakeTable, sought: Sought) -> Touched:
    """Reads the files of every version that is still on disk."""
    paths = sorted(path for path in table.path.rglob("*.parquet") if LOG not in path.parts and holds(path, sought))
    files = tuple(path.relative_to(table.path).as_posix() for path in paths)
    states = {
        str(commit.version): (held.state.partition, held.state.fingerprint, held.state.rows)
        for commit, held in states_through_time(table)
        if not {place_of(file) for file in held.files}.isdisjoint(files)
    }
    return Touched(files, states)


def erase_rows(table: LakeTable, found: Touched, sought: Sought, beside: Path) -> tuple[Reduced, ...]:
    """Rewrite files and what the log says of them; what commits record of partitions is left to `record_anew`."""
    now = {file: _rewritten(table.path / file, sought, beside) for file in found.files}
    checkpointed = _without_checkpoints(table)
    for commit in commits_of(table.path):
        _replace(commit, list(_told_anew(commit, now)), always=commit.version == 0)
    if checkpointed:
        DeltaTable(table.path).create_checkpoint()
    return tuple(_reduced(table, found))


def record_anew(table: LakeTable, found: Touched, fingerprints: Mapping[str, str]) -> None:
    """Make commits record what their partitions hold, and name their inputs by what those hold now."""
    made = [(commit, _anew(table, commit, held, found, fingerprints)) for commit, held in states_through_time(table)]
    changed = {commit.version: state for commit, state in made if state != commit.state}
    for commit in commits_of(table.path) if changed else ():
        state = changed.get(commit.version)
        actions = commit.actions if state is None else [_recorded(action, state) for action in commit.actions]
        _replace(commit, list(actions), always=commit.version == 0)


def _anew(
    table: LakeTable, commit: Commit, held: HeldPartition, found: Touched, fingerprints: Mapping[str, str]
) -> PartitionState:
    facts = _FINGERPRINT.sub(lambda mark: fingerprints.get(mark[0], mark[0]), json.dumps(held.state.facts))
    state = replace(held.state, facts=json.loads(facts))
    if str(commit.version) not in found.states:
        return state
    content = content_of(table, held, held.schema)
    return replace(state, rows=content.rows, fingerprint=content.digest)


def _rewritten(path: Path, sought: Sought, beside: Path) -> Mapping[str, Any] | None:
    return rewrite(path, sought, beside) if path.exists() else None


def _told_anew(commit: Commit, now: Mapping[str, Mapping[str, Any] | None]) -> Iterator[Mapping[str, Any]]:
    """A commit's actions; those of files that are no more are left out."""
    for action in commit.actions:
        [(kind, told)] = action.items()
        if kind not in ("add", "remove") or place_of(told) not in now:
            yield action
            continue
        file = now[place_of(told)]
        if file is not None:
            yield {kind: {**told, **{name: value for name, value in file.items() if name in told}}}


def _without_checkpoints(table: LakeTable) -> bool:
    """Take away what repeats the log's statistics, and what killed writers left of commits; whether there were any."""
    log = table.path / LOG
    left = [*log.glob("*.checkpoint*"), *log.glob("_last_checkpoint"), *log.glob("*.tmp"), *log.glob("*.crc")]
    for path in left:
        path.unlink()
    return any("checkpoint" in path.name for path in left)


def _reduced(table: LakeTable, found: Touched) -> Iterator[Reduced]:
    newest = {held.state.partition: str(commit.version) for commit, held in states_through_time(table)}
    for commit, held in states_through_time(table):
        version = str(commit.version)
        if version in found.states:
            partition, before, rows = found.states[version]
            now = content_of(table, held, held.schema)
            yield Reduced(partition, before, now.digest, rows - now.rows, newest[partition] == version)


def _recorded(action: Mapping[str, Any], state: PartitionState) -> Mapping[str, Any]:
    told = action.get("commitInfo", {})
    return {"commitInfo": {**told, **record_of(state)}} if "impact" in told else action


def _replace(commit: Commit, actions: list[Mapping[str, Any]], *, always: bool = False) -> None:
    """The first commit is written again whenever another is: by it, processes notice that a table is another."""
    if always or actions != list(commit.actions):
        lines = [json.dumps(action, separators=(",", ":")) for action in actions]
        write_atomically(commit.path, "\n".join(lines).encode())
