"""Staged days: rows as a source delivered them, whatever their types, before any contract was checked.

A staged day is one Parquet file named by its fingerprint, and a pointer to it that moves atomically. Only validation
reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from impact_pipeline.engines.base import ParquetFiles
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.files import finished_file, locked, write_atomically
from impact_pipeline.lake.spool import Spool


@dataclass(frozen=True, slots=True)
class StagedDay:
    """What stands staged for one day. `fingerprint` covers rows, content and types; `facts` are counts and times."""

    dataset: str
    day: str
    fingerprint: str
    rows: int
    generation: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Staging:
    root: Path

    def stage(self, dataset: str, day: str, spool: Spool, *, generation: str, facts: Mapping[str, Any]) -> StagedDay:
        """Make the spooled rows the day's staged rows; the rows of an earlier delivery are removed afterwards.

        Raises `LakeError` if a newer generation is staged.
        """
        made = spool.fingerprint
        staged = StagedDay(dataset, day, made.digest, made.rows, generation, dict(facts))
        with locked(self._pointer(dataset, day).with_name(".lock")):
            self._refuse_older(staged)
            self._replace(staged, spool)
        return staged

    def _refuse_older(self, staged: StagedDay) -> None:
        pointer = self._pointer(staged.dataset, staged.day)
        newest = json.loads(pointer.read_bytes())["generation"] if pointer.exists() else ""
        if newest > staged.generation:
            raise LakeError(
                f"raw/{staged.dataset} {staged.day}: generation {newest} is already staged and is newer than "
                f"{staged.generation}; nothing was changed"
            )

    def _replace(self, staged: StagedDay, spool: Spool) -> None:
        path = self.file(staged)
        if not path.exists():
            with finished_file(path) as unfinished, spool.read() as rows:
                _write_parquet(unfinished, rows)
        write_atomically(self._pointer(staged.dataset, staged.day), json.dumps(asdict(staged), sort_keys=True).encode())
        for old in path.parent.glob("*.parquet"):
            if old != path:
                old.unlink(missing_ok=True)

    def read(self, dataset: str, day: str) -> tuple[StagedDay, ParquetFiles]:
        """The staged day and its file; raises `LakeError` when nothing is staged."""
        pointer = self._pointer(dataset, day)
        if not pointer.exists():
            raise LakeError(f"raw/{dataset} {day} is not staged; materialize raw/{dataset} for {day} first")
        staged = StagedDay(**json.loads(pointer.read_bytes()))
        path = self.file(staged)
        return staged, ParquetFiles((str(path.resolve()),), pq.read_schema(path))

    def days(self, dataset: str) -> dict[str, StagedDay]:
        """What stands staged, by day."""
        pointers = sorted((self.root / dataset).glob("*/current.json"))
        return {path.parent.name: StagedDay(**json.loads(path.read_bytes())) for path in pointers}

    def discard(self, dataset: str, day: str) -> None:
        """Forget a staged day and remove its rows: first the pointer, so that nothing names what is half gone."""
        pointer = self._pointer(dataset, day)
        with locked(pointer.with_name(".lock")):
            pointer.unlink(missing_ok=True)
            for path in pointer.parent.glob("*.parquet"):
                path.unlink()

    def _pointer(self, dataset: str, day: str) -> Path:
        return self.root / dataset / day / "current.json"

    def file(self, staged: StagedDay) -> Path:
        """Where the rows of a staged day lie."""
        return self.root / staged.dataset / staged.day / f"{staged.fingerprint}.parquet"


def _write_parquet(path: Path, rows: pa.RecordBatchReader) -> None:
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)
