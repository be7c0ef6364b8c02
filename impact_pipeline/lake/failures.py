"""What failed and has not been mended: one small file per (asset, partition), removed by the next good run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from impact_pipeline.lake.files import write_atomically


@dataclass(frozen=True, slots=True, order=True)
class Failed:
    """`asset` is the key joined by '/'; `partition` is '' for an asset without partitions; `at` is ISO 8601 UTC."""

    asset: str
    partition: str
    error: str
    message: str
    at: str


@dataclass(frozen=True, slots=True)
class Failures:
    root: Path

    def record(self, failed: Failed) -> None:
        write_atomically(
            self._file(failed.asset, failed.partition), json.dumps(asdict(failed), sort_keys=True).encode()
        )

    def clear(self, asset: str, partition: str) -> None:
        self._file(asset, partition).unlink(missing_ok=True)

    def all(self) -> tuple[Failed, ...]:
        """Every failure that stands, in order of asset and partition."""
        found = (Failed(**json.loads(path.read_bytes())) for path in self.root.glob("*/*.json"))
        return tuple(sorted(found))

    def of(self, asset: str, partition: str = "") -> Failed | None:
        path = self._file(asset, partition)
        return Failed(**json.loads(path.read_bytes())) if path.exists() else None

    def _file(self, asset: str, partition: str) -> Path:
        return self.root / asset.replace("/", "--") / f"{partition or 'whole'}.json"
