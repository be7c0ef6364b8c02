"""Delta tables, replaced one partition at a time, atomically and behind a generation fence.

A generation sorts by time: a slow old run never replaces what a newer one published. Each commit records what the
partition now is, so that the state of a table is read from its log alone.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from impact_pipeline.engines.base import ParquetFiles
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.extremes import largest_numbers
from impact_pipeline.lake.files import locked
from impact_pipeline.lake.opened import open_newest, partition_records
from impact_pipeline.lake.spool import Spool, spooled

DAY = "day"
ATTEMPTS = 20
KEEP_LOG = {"delta.logRetentionDuration": "interval 3650 days", "delta.checkpointInterval": "50"}


@dataclass(frozen=True, slots=True)
class PartitionState:
    """What one published partition is. `input_digest` says what it was made from, `fingerprint` what it holds."""

    partition: str
    generation: str
    input_digest: str
    fingerprint: str
    rows: int
    facts: Mapping[str, Any]
    """What the publisher wants to know again: counts, upstream fingerprints. Never a value of a row."""


@dataclass(frozen=True, slots=True)
class Publication:
    """`written` is False when the partition already was what it should be."""

    state: PartitionState
    version: int
    written: bool


@dataclass(frozen=True, slots=True)
class LakeTable:
    """One table at `path`. `partition_column` is '' for a table that is replaced as a whole."""

    path: Path
    partition_column: str = DAY

    def states(self) -> dict[str, PartitionState]:
        """The newest state of every published partition, by partition value."""
        return {partition: PartitionState(**record) for partition, record in partition_records(self.path).items()}

    def state(self, partition: str = "") -> PartitionState | None:
        record = partition_records(self.path).get(partition)
        return None if record is None else PartitionState(**record)

    @property
    def version(self) -> int:
        return int(self._published().version())

    def schema(self) -> pa.Schema:
        """The Arrow schema, partition column included; raises `LakeError` before the first publication."""
        return _schema(self._published())

    def files(self, partitions: Iterable[str] | None = None) -> ParquetFiles:
        """The files of the given partitions (of all when None) in the newest version."""
        table = self._published()
        wanted = None if partitions is None else sorted(set(partitions))
        if wanted == []:
            return ParquetFiles((), _schema(table))
        listed = ", ".join(f"'{partition}'" for partition in wanted or ())
        uris = table.file_uris(file_pruning_predicate=f"{self.partition_column} in ({listed})" if wanted else None)
        return ParquetFiles(tuple(sorted(uris)), _schema(table))

    def largest_numbers(self) -> dict[str, Fraction]:
        """Integer or decimal column -> its largest absolute value, where the table's log knows it for every file."""
        return largest_numbers(self._published())

    def publish(
        self,
        rows: pa.RecordBatchReader,
        *,
        generation: str,
        input_digest: str,
        partition: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Publication:
        """Replace one partition by `rows`, which lie in it. Raises `LakeError` if a newer generation is there."""
        with spooled(rows) as spool:
            made, plain = spool.fingerprint, json.loads(json.dumps(facts or {}))
            state = PartitionState(partition, generation, input_digest, made.digest, made.rows, plain)
            return Publication(state, self._commit(spool, state), True)

    def current(self, input_digest: str, partition: str = "") -> Publication | None:
        """The publication that stands, if it was made from exactly these inputs."""
        state = self.state(partition)
        if state is None or state.input_digest != input_digest:
            return None
        return Publication(state, self.version, False)

    def _commit(self, spool: Spool, state: PartitionState) -> int:
        """The fence is read from the version that is then replaced, so Delta refuses a commit that came between.

        The lock covers what Delta does not tell apart: two first publications, and partitions without rows.
        """
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            for attempt in range(ATTEMPTS):
                table = open_newest(self.path)
                self._refuse_older(state)
                try:
                    self._write(table, spool, state)
                    return self.version
                except CommitFailedError:
                    time.sleep(random.uniform(0, min(1.0, 0.1 * 2**attempt)))
        raise LakeError(f"{self.path.name} {state.partition}: lost {ATTEMPTS} attempts to other writers; run it again")

    def _refuse_older(self, state: PartitionState) -> None:
        newest = self.state(state.partition)
        if newest and newest.generation > state.generation:
            raise LakeError(
                f"{self.path.name} {state.partition}: generation {newest.generation} is already there and is newer "
                f"than {state.generation}; nothing was changed"
            )

    def _write(self, table: DeltaTable | None, spool: Spool, state: PartitionState) -> None:
        commit = CommitProperties(custom_metadata=record_of(state))
        with spool.read() as reader:
            if table is None:
                keys = [self.partition_column] if self.partition_column else None
                write_deltalake(self.path, reader, partition_by=keys, configuration=KEEP_LOG, commit_properties=commit)
            elif self.partition_column:
                self._refuse_other_schema(_schema(table), reader.schema)
                only = f"{self.partition_column} = '{state.partition}'"
                write_deltalake(table, reader, mode="overwrite", predicate=only, commit_properties=commit)
            else:
                write_deltalake(table, reader, mode="overwrite", schema_mode="overwrite", commit_properties=commit)

    def _refuse_other_schema(self, table: pa.Schema, rows: pa.Schema) -> None:
        """Delta would cast silently ('12' becomes 12); a partition has the types of its table or is refused."""
        known, given = ({f.name: f.type for f in schema} for schema in (table, rows))
        if known != given:
            changed = sorted(name for name in known.keys() | given.keys() if known.get(name) != given.get(name))
            raise LakeError(
                f"{self.path.name}: columns {', '.join(changed)} differ from the table's; "
                "give the dataset a new name, or move the table away and redo its days"
            )

    def _published(self) -> DeltaTable:
        table = open_newest(self.path)
        if table is None:
            raise LakeError(f"table {self.path.name} has not been published yet; materialize it first")
        return table


def record_of(state: PartitionState) -> dict[str, str]:
    """What a commit says of the partition that it publishes."""
    record = json.dumps(asdict(state), sort_keys=True)
    return {"impact": record, "impact_digest": record_digest(record)}


def record_digest(record: str) -> str:
    """What a commit says of its own record, so that a change of one character in it is found."""
    return hashlib.sha256(record.encode()).hexdigest()


def _schema(table: DeltaTable) -> pa.Schema:
    return pa.schema(table.schema().to_arrow())
