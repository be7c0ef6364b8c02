"""Who may touch a lake: any number of runs at once, or one erasure alone.

The lock is the kernel's, so that a killed process holds it no longer. What an erasure has begun and not ended lies
beside it, and keeps runs out until that erasure is run again.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impact_pipeline.errors import MaintenanceError
from impact_pipeline.lake.files import write_atomically


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Of the lake at `root`."""

    root: Path

    @contextmanager
    def running(self) -> Iterator[None]:
        """For whoever reads or writes rows; raises `MaintenanceError` during an erasure, and after half of one."""
        with self._held(fcntl.LOCK_SH, "an erasure is under way in this home; wait until it has ended"):
            begun = self.begun()
            if begun is not None:
                raise MaintenanceError(
                    f"erasure '{begun['request']}' was interrupted: run the same `impact erase` again to its end, then "
                    "this"
                )
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """For an erasure; raises `MaintenanceError` while a run, a replay or another erasure is under way."""
        with self._held(fcntl.LOCK_EX, "a night, a run or another erasure is under way in this home; wait for its end"):
            yield

    def begun(self) -> dict[str, Any] | None:
        """What an erasure that has not ended wrote down of itself."""
        return dict(json.loads(self._journal.read_bytes())) if self._journal.exists() else None

    def begin(self, told: Mapping[str, Any]) -> None:
        """Write down what is about to be done; never an id, never a pseudonym."""
        write_atomically(self._journal, json.dumps(told, sort_keys=True, indent=1).encode())

    def end(self) -> None:
        self._journal.unlink(missing_ok=True)

    @property
    def _journal(self) -> Path:
        return self.root / ".erasing.json"

    @contextmanager
    def _held(self, how: int, otherwise: str) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".maintenance.lock").open("ab") as file:
            try:
                fcntl.flock(file, how | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MaintenanceError(otherwise) from None
            yield
