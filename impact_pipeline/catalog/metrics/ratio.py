"""Metric type `ratio`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Total, Window
from impact_pipeline.catalog.metrics.readings import Reading, of, summed


class RatioMetric(Metric):
    """Sum of totals over sum of totals, e.g. clicks per impression when users are randomised.

    The denominator has the window of the numerator unless `denominator_window` names another; the ratio then waits for
    the later of the two.

    >>> document = {"name": "basket", "owner": "team:shop", "description": "x", "version": 1, "label": "Basket"}
    >>> document |= {"unit": "EUR", "better": "higher", "window": {"days": 14}, "type": "ratio"}
    >>> totals = {part: {"fact": "orders", "measure": "revenue"} for part in ("numerator", "denominator")}
    >>> metric = RatioMetric(**document, **totals, denominator_window={"start_day": 7, "days": 14})
    >>> metric.last_day
    20
    """

    type: Literal["ratio"]
    numerator: Total
    denominator: Total
    denominator_window: Window | None = None

    @property
    def last_day(self) -> int:
        return max(self.window.last_day, (self.denominator_window or self.window).last_day)

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        numerator = summed(self.numerator, self.window)
        denominator = summed(self.denominator, self.denominator_window or self.window)
        return (Reading("", self.label, "ratio", of(numerator), of(denominator)),)

    def formula_in_words(self, entity: str) -> str:
        when = f" on {self.denominator_window}" if self.denominator_window else ""
        top, bottom = self.numerator.measure, self.denominator.measure
        return f"total {top} divided by total {bottom}{when}, over all {entity}s"

    def over(self, window: Window) -> Self:
        unpaired: dict[str, Any] = {"denominator_window": None}
        return Metric.over(self.model_copy(update=unpaired), window)
