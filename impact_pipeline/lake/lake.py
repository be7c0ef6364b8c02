"""Where everything made at run time lives, below the project's home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from impact_pipeline.lake.failures import Failures
from impact_pipeline.lake.maintenance import Maintenance
from impact_pipeline.lake.results import Results
from impact_pipeline.lake.staging import Staging
from impact_pipeline.lake.tables import DAY, LakeTable

BY_DAY = ("trusted", "quarantine", "features", "unit_days")
"""Folders whose tables are partitioned by day; others are replaced as a whole."""


@dataclass(frozen=True, slots=True)
class Lake:
    """`home` is the folder that holds `catalog/`, `raw/` (sources) and what runs make: `lake/`, `reports/`."""

    home: Path

    @property
    def root(self) -> Path:
        return self.home / "lake"

    @property
    def staging(self) -> Staging:
        return Staging(self.root / "raw")

    @property
    def results(self) -> Results:
        return Results(self.root / "results")

    @property
    def failures(self) -> Failures:
        return Failures(self.root / "failures")

    @property
    def maintenance(self) -> Maintenance:
        return Maintenance(self.root)

    def trusted(self, dataset: str) -> LakeTable:
        return LakeTable(self.root / "trusted" / dataset)

    def quarantine(self, dataset: str) -> LakeTable:
        return LakeTable(self.root / "quarantine" / dataset)

    def feature(self, view: str) -> LakeTable:
        return LakeTable(self.root / "features" / view)

    def unit_days(self, fact: str) -> LakeTable:
        return LakeTable(self.root / "unit_days" / fact)

    def exposures(self, study: str) -> LakeTable:
        return LakeTable(self.root / "study" / "exposures" / study, partition_column="")

    def cells(self, study: str) -> LakeTable:
        return LakeTable(self.root / "study" / "cells" / study, partition_column="")

    def tables(self) -> dict[str, LakeTable]:
        """Every Delta table that there is, by its place below `lake/`."""
        places = sorted(log.parent.relative_to(self.root).as_posix() for log in self.root.rglob("_delta_log"))
        return {name: LakeTable(self.root / name, DAY if name.partition("/")[0] in BY_DAY else "") for name in places}

    def kpi(self, name: str) -> LakeTable:
        return LakeTable(self.root / "kpis" / name, partition_column="")


def days_between(first: date, last: date) -> tuple[str, ...]:
    """ISO days from `first` to `last`, both inclusive; empty when `last` lies before `first`."""
    return tuple((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))


def published_days(table: LakeTable, days: tuple[str, ...]) -> Mapping[str, str]:
    """Day -> fingerprint of those of `days` that stand published."""
    states = table.states()
    return {day: states[day].fingerprint for day in days if day in states}
