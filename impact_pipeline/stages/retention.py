"""Staged days are kept for as long as their source says: what was published of them stays, and results rest on that.

Nothing that is recomputed reads staged rows: replays begin with trusted days. A contract that changes later judges no
day again that is no longer staged; whoever wants that has it delivered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.staging import StagedDay


@dataclass(frozen=True, slots=True, order=True)
class Expired:
    """A staged day past its time. `published` where its rows, or those of another delivery, stand trusted."""

    dataset: str
    day: str
    rows: int
    published: bool


@dataclass(frozen=True, slots=True)
class Retained:
    """What was removed on `today`."""

    today: date
    expired: tuple[Expired, ...]

    def as_plain(self) -> dict[str, Any]:
        return {"today": self.today.isoformat(), "expired": [asdict(one) for one in self.expired]}

    def __str__(self) -> str:
        if not self.expired:
            return f"{self.today}: no staged day is past its time"
        counted = f"{self.today}: {len(self.expired)} staged days are past their time ({_counts(self.expired)})"
        never = [f"{one.dataset} {one.day}" for one in self.expired if not one.published]
        return f"{counted}; never published: {', '.join(never)}" if never else counted


def expired_days(catalog: Catalog, lake: Lake, today: date) -> tuple[Expired, ...]:
    """Staged days before the last `raw_days` of their source, counted from `today`."""
    return tuple(sorted(found for dataset in catalog.datasets for found in _expired(catalog, lake, dataset, today)))


def retain(catalog: Catalog, lake: Lake, today: date) -> Retained:
    """Remove them."""
    found = expired_days(catalog, lake, today)
    for one in found:
        lake.staging.discard(one.dataset, one.day)
    return Retained(today, found)


def _expired(catalog: Catalog, lake: Lake, dataset: str, today: date) -> Iterator[Expired]:
    kept_from = (today - timedelta(days=catalog.source_of(dataset).raw_days)).isoformat()
    old: dict[str, StagedDay] = {day: one for day, one in lake.staging.days(dataset).items() if day < kept_from}
    published = lake.trusted(dataset).states() if old else {}
    yield from (Expired(dataset, day, one.rows, day in published) for day, one in old.items())


def _counts(expired: tuple[Expired, ...]) -> str:
    datasets = sorted({one.dataset for one in expired})
    return ", ".join(f"{name} {sum(one.dataset == name for one in expired)}" for name in datasets)
