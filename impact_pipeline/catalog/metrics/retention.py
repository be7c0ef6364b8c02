"""Metric type `retention`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import field_validator

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Rows, Window
from impact_pipeline.catalog.metrics.readings import Reading, counted, of


class RetentionMetric(Metric):
    """Share of units that are active (have a row) in a window that begins after their day of exposure.

    >>> document = {"name": "week_two", "owner": "team:web", "description": "x", "version": 1, "label": "Week two"}
    >>> document |= {"unit": "share", "better": "higher", "type": "retention", "active": {"fact": "sessions"}}
    >>> (reading,) = RetentionMetric(**document, window={"start_day": 7, "days": 7}).readings()
    >>> reading.share, reading.y.at_least
    (True, 1)
    """

    share: ClassVar[bool] = True

    type: Literal["retention"]
    active: Rows

    @field_validator("window")
    @classmethod
    def _window_is_later(cls, window: Window) -> Window:
        if window.start_day < 1:
            raise ValueError("retention looks at a later window; give it a `start_day` of 1 or more")
        return window

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return (Reading("", self.label, "mean", of(counted(self.active, self.window), at_least=1), share=self.share),)

    def formula_in_words(self, entity: str) -> str:
        return f"share of {entity}s with a row of {self.active.fact}"
