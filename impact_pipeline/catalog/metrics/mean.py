"""Metric type `mean`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from impact_pipeline.catalog.metrics.base import NO_PARTS, Cap, Metric, Total
from impact_pipeline.catalog.metrics.caps import cap_in_words, capped
from impact_pipeline.catalog.metrics.readings import Reading, of, summed


class MeanMetric(Metric):
    """Average over units of a unit's total.

    >>> document = {"name": "revenue", "owner": "team:shop", "description": "x", "version": 1, "label": "Revenue"}
    >>> document |= {"unit": "EUR", "better": "higher", "window": {"days": 7}, "type": "mean"}
    >>> metric = MeanMetric(**document, value={"fact": "orders", "measure": "revenue"}, cap={"absolute": 500})
    >>> [(reading.variant, reading.y.cap) for reading in metric.readings()]
    [('', Decimal('5E+2')), ('uncapped', None)]
    """

    type: Literal["mean"]
    value: Total
    cap: Cap | None = None

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return capped(Reading("", self.label, "mean", of(summed(self.value, self.window))), self.cap)

    def formula_in_words(self, entity: str) -> str:
        return f"average over {entity}s of total {self.value.measure}{cap_in_words(self.cap, self.unit)}"
