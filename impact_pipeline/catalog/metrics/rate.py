"""Metric type `rate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from impact_pipeline.catalog.document import Name
from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Rows, Total
from impact_pipeline.catalog.metrics.readings import Reading, UnitTotal, counted, of, summed


class Events(Rows):
    """Rows of a fact, or what a measure of them adds up to."""

    measure: Name | None = None


class RateMetric(Metric):
    """Rows, or a measure, per unit of an exposure measure: events over hours, tickets over orders.

    Both are totals over the same window, and units are randomised, so that it is read as a ratio.

    >>> document = {"name": "tickets_per_order", "owner": "team:shop", "description": "x", "version": 1}
    >>> document |= {"label": "Tickets", "unit": "tickets per order", "better": "lower", "window": {"days": 7}}
    >>> parts = {"events": {"fact": "tickets"}, "per": {"fact": "orders", "measure": "orders"}}
    >>> (reading,) = RateMetric(**document, type="rate", **parts).readings()
    >>> reading.form, [total.aggregate for total in reading.totals]
    ('ratio', ['rows', 'sum'])
    """

    type: Literal["rate"]
    events: Events
    per: Total

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return (Reading("", self.label, "ratio", of(self._events()), of(summed(self.per, self.window))),)

    def _events(self) -> UnitTotal:
        if self.events.measure is None:
            return counted(self.events, self.window)
        return UnitTotal(self.events.fact, self.window, "sum", self.events.measure, self.events.filter)

    def formula_in_words(self, entity: str) -> str:
        events = f"total {self.events.measure}" if self.events.measure else f"number of {self.events.fact} rows"
        return f"{events} for each {self.per.measure} in total, over all {entity}s"
