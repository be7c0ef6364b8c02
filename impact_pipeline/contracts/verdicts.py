"""Validation reports kept beside the lake, so that a day is not judged twice for the same rows and contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from impact_pipeline.contracts.report import ValidationReport
from impact_pipeline.lake.files import write_atomically
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.sealed import read_sealed, sealed_json

_REPORT = TypeAdapter(ValidationReport)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`<root>/<dataset>/<day>.json`: the newest report of a day and the key of what it judged."""

    root: Path

    def find(self, dataset: str, day: str, key: str) -> ValidationReport | None:
        """The stored report, if it judged exactly what `key` stands for."""
        stored = self._stored(dataset, day)
        return _REPORT.validate_python(stored["report"]) if stored and stored["key"] == key else None

    def newest(self, dataset: str, day: str) -> ValidationReport | None:
        """The newest report of a day, whether the day was published or refused."""
        stored = self._stored(dataset, day)
        return _REPORT.validate_python(stored["report"]) if stored else None

    def keep(self, report: ValidationReport, key: str) -> None:
        plain = {"key": key, "report": _REPORT.dump_python(report, mode="json")}
        write_atomically(self._path(report.dataset, report.day), sealed_json(plain))

    def _stored(self, dataset: str, day: str) -> dict[str, object] | None:
        path = self._path(dataset, day)
        return read_sealed(path) if path.exists() else None

    def _path(self, dataset: str, day: str) -> Path:
        return self.root / dataset / f"{day}.json"


def verdicts_of(lake: Lake) -> Verdicts:
    return Verdicts(lake.root / "validations")
