"""Metric type `quantile`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Total
from impact_pipeline.catalog.metrics.readings import Reading, Ties, of, summed

Digits = Annotated[int, Field(ge=1, le=6)]
"""Significant digits to which values are kept: 3 means that a bucket is at most 1 % wide."""

Level = Annotated[float, Field(gt=0, lt=1)]


class QuantileMetric(Metric):
    """A quantile over units of a unit's total: the median basket, the 90 % point of hours watched.

    `ties: rounded` says that equal totals are readings rounded to a whole step, not counts.

    >>> document = {"name": "median", "owner": "team:shop", "description": "x", "version": 1, "label": "Median spend"}
    >>> document |= {"unit": "EUR", "better": "higher", "window": {"days": 7}, "type": "quantile", "quantile": 0.5}
    >>> (reading,) = QuantileMetric(**document, value={"fact": "orders", "measure": "revenue"}).readings()
    >>> reading.form, reading.quantile, reading.digits
    ('quantile', 0.5, 3)
    """

    adjustable: ClassVar[bool] = False

    type: Literal["quantile"]
    value: Total
    quantile: Level
    digits: Digits = 3
    ties: Ties = "discrete"

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        total = of(summed(self.value, self.window))
        return (Reading("", self.label, "quantile", total, quantile=self.quantile, digits=self.digits, ties=self.ties),)

    def formula_in_words(self, entity: str) -> str:
        return f"{100 * self.quantile:g} % point over {entity}s of total {self.value.measure}"
