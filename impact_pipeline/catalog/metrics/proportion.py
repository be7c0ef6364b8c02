"""Metric type `proportion`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Total
from impact_pipeline.catalog.metrics.readings import Reading, of, summed


class ProportionMetric(Metric):
    """Share of units whose total is above zero.

    >>> document = {"name": "buyers", "owner": "team:shop", "description": "x", "version": 1, "label": "Buyers"}
    >>> document |= {"unit": "share", "better": "higher", "window": {"days": 7}, "type": "proportion"}
    >>> (reading,) = ProportionMetric(**document, value={"fact": "orders", "measure": "orders"}).readings()
    >>> reading.form, reading.share, reading.y.at_least
    ('mean', True, 1)
    """

    share: ClassVar[bool] = True

    type: Literal["proportion"]
    value: Total

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        return (Reading("", self.label, "mean", of(summed(self.value, self.window), at_least=1), share=self.share),)

    def formula_in_words(self, entity: str) -> str:
        return f"share of {entity}s whose total {self.value.measure} is above zero"
