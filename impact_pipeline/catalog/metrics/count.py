"""Metric type `count`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from impact_pipeline.catalog.metrics.base import NO_PARTS, Cap, Metric, Rows
from impact_pipeline.catalog.metrics.caps import cap_in_words, capped
from impact_pipeline.catalog.metrics.readings import Reading, counted, of


class CountMetric(Metric):
    """Average over units of a unit's number of rows of a fact.

    >>> document = {"name": "visits", "owner": "team:web", "description": "x", "version": 1, "label": "Visits"}
    >>> document |= {"unit": "visits", "better": "higher", "window": {"days": 7}, "type": "count"}
    >>> (reading,) = CountMetric(**document, value={"fact": "sessions"}).readings()
    >>> reading.totals[0].aggregate, reading.totals[0].measure
    ('rows', None)
    """

    type: Literal["count"]
    value: Rows
    cap: Cap | None = None

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return capped(Reading("", self.label, "mean", of(counted(self.value, self.window))), self.cap)

    def formula_in_words(self, entity: str) -> str:
        return f"average over {entity}s of the number of {self.value.fact} rows{cap_in_words(self.cap, self.unit)}"
