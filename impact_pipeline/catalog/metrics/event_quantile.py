"""Metric type `event_quantile`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Total
from impact_pipeline.catalog.metrics.quantile import Digits, Level
from impact_pipeline.catalog.metrics.readings import Reading, Ties, counted, of, summed


class EventQuantileMetric(Metric):
    """A quantile over rows of a measure, where a unit's rows are one cluster: the 95 % point of page load time.

    `ties: discrete` says that equal values are equal indeed, such as numbers of items, not rounded readings.

    >>> document = {"name": "p95", "owner": "team:web", "description": "x", "version": 1, "label": "p95 load time"}
    >>> document |= {"unit": "ms", "better": "lower", "window": {"days": 7}, "quantile": 0.95}
    >>> metric = EventQuantileMetric(**document, type="event_quantile", value={"fact": "views", "measure": "load_ms"})
    >>> [(reading.per_event, reading.digits) for reading in metric.readings()]
    [(True, 3)]
    """

    adjustable: ClassVar[bool] = False

    type: Literal["event_quantile"]
    value: Total
    quantile: Level
    digits: Digits = 3
    ties: Ties = "rounded"

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        measured, rows = summed(self.value, self.window), counted(self.value, self.window, self.value.measure)
        return (
            Reading(
                "", self.label, "quantile", of(measured), of(rows),
                quantile=self.quantile, digits=self.digits, ties=self.ties, per_event=True,
            ),
        )  # fmt: skip

    def formula_in_words(self, entity: str) -> str:
        return f"{100 * self.quantile:g} % point of {self.value.measure} over the rows of all {entity}s"
