"""A distribution with metric types of its own, as another package would bring it: a module and its entry points."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from impact_pipeline.catalog.load import document_adapter
from impact_pipeline.catalog.metrics.registry import GROUP, metric_document, metric_types

ADDED = '''
from collections.abc import Mapping
from typing import Literal

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Rows
from impact_pipeline.catalog.metrics.mean import MeanMetric
from impact_pipeline.catalog.metrics.readings import Reading, active_days, of

answer = 42


class BusyDaysMetric(Metric):
    """Share of units that were active on at least `least` days."""

    type: Literal["busy_days"]
    active: Rows
    least: int

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return (Reading("", self.label, "mean", of(active_days(self.active, self.window), at_least=self.least)),)

    def formula_in_words(self, entity: str) -> str:
        return f"share of {entity}s active on {self.least} days"


class Again(MeanMetric):
    """The name of another."""


class NotAMetric:
    """Something else."""


class Nameless(BusyDaysMetric):
    """Any type."""

    type: str


class Empty(Metric):
    """Nothing."""

    type: Literal["empty"]


class Wordless(Metric):
    """No formula."""

    type: Literal["wordless"]
    readings = BusyDaysMetric.readings


class Undocumented(Metric):
    type: Literal["undocumented"]
    readings = BusyDaysMetric.readings
    formula_in_words = BusyDaysMetric.formula_in_words
'''


def forget_types() -> None:
    """Let the process look for metric types once more."""
    for cache in (metric_types, metric_document, document_adapter):
        cache.cache_clear()


def install(site: Path, monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    """Put the distribution on the path for the test; `entries` are its entry points, by name."""
    info = site / "added_metrics-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added-metrics\nVersion: 1.0\n")
    listed = "".join(f"{name} = {target}\n" for name, target in entries.items())
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{listed}")
    (site / "busy_days_metric.py").write_text(ADDED)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "busy_days_metric", raising=False)
    forget_types()
