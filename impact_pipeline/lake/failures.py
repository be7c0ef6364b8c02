"""What failed and has not been mended: one small file per (asset, partition), removed by the next good run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.sealed import read_sealed, sealed_json


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
        write_atomically(self._file(failed.asset, failed.partition), sealed_json(asdict(failed)))

    def clear(self, asset: str, partition: str) -> None:
        self._file(asset, partition).unlink(missing_ok=True)

    def all(self) -> tuple[Failed, ...]:
        """Every failure that stands, in order of asset and partition."""
        found = (Failed(**read_sealed(path)) for path in self.root.glob("*/*.json"))
        return tuple(sorted(found))

    def of(self, asset: str, partition: str = "") -> Failed | None:
        path = self._file(asset, partition)
        return Failed(**read_sealed(path)) if path.exists() else None

    def _file(self, asset: str, partition: str) -> Path:
        return self.root / asset.replace("/", "--") / f"{partition or 'whole'}.json"
