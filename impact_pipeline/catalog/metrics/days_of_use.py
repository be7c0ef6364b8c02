"""Metric type `days_of_use`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Rows
from impact_pipeline.catalog.metrics.readings import Reading, active_days, of


class DaysOfUseMetric(Metric):
    """Average over units of a unit's number of days with a row.

    >>> document = {"name": "days_active", "owner": "team:web", "description": "x", "version": 1, "label": "Days"}
    >>> document |= {"unit": "days", "better": "higher", "window": {"days": 14}, "type": "days_of_use"}
    >>> (reading,) = DaysOfUseMetric(**document, active={"fact": "sessions"}).readings()
    >>> reading.totals[0].aggregate
    'days'
    """

    type: Literal["days_of_use"]
    active: Rows

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return (Reading("", self.label, "mean", of(active_days(self.active, self.window))),)

    def formula_in_words(self, entity: str) -> str:
        return f"average over {entity}s of the number of days with a row of {self.active.fact}"
