"""Metrics: KPI definitions over facts, each with its window counted from a unit's own exposure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from impact_pipeline.catalog.document import Document, Expression, Model, Name, Text


class Total(Model):
    """A unit's total of one measure of one fact over the window, over the rows that pass `filter`."""

    fact: Name
    measure: Name
    filter: Expression | None = None


class Window(Model):
    """Days `start_day .. start_day + days - 1` counted from the unit's exposure; day 0 begins at `exposed_at`."""

    start_day: Annotated[int, Field(ge=0, le=365)] = 0
    days: Annotated[int, Field(ge=1, le=365)]

    @property
    def last_day(self) -> int:
        return self.start_day + self.days - 1


class _Metric(Document):
    version: Annotated[int, Field(ge=1)]
    label: Text
    unit: Text
    better: Literal["higher", "lower"]
    window: Window
    covariate: Name | None = None
    change_log: tuple[Text, ...] = ()

    @property
    def reference(self) -> str:
        """`name@version`, as written in results."""
        return f"{self.name}@{self.version}"


class MeanMetric(_Metric):
    """Average over units of a unit's total."""

    type: Literal["mean"]
    value: Total


class ProportionMetric(_Metric):
    """Share of units whose total is above zero."""

    type: Literal["proportion"]
    value: Total


class RatioMetric(_Metric):
    """Sum of totals over sum of totals, e.g. clicks per impression when users are randomised."""

    type: Literal["ratio"]
    numerator: Total
    denominator: Total


Metric = MeanMetric | ProportionMetric | RatioMetric
MetricDocument = Annotated[Metric, Field(discriminator="type")]


def totals(metric: Metric) -> tuple[Total, ...]:
    """The unit totals a metric needs: one, or numerator and denominator."""
    return (metric.numerator, metric.denominator) if isinstance(metric, RatioMetric) else (metric.value,)
