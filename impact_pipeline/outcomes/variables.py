"""What a study's pass over the facts has to add up: each distinct unit total once, whichever metrics use it."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metric import Metric, ProportionMetric, RatioMetric, Total, Window, totals
from impact_pipeline.exposures.query import covariate_column


@dataclass(frozen=True, slots=True)
class Variable:
    """A unit's total of a measure over a window; `indicator` is 1 where that total is above zero, else 0."""

    name: str
    total: Total
    window: Window
    indicator: bool
    scale: int


@dataclass(frozen=True, slots=True)
class MetricColumns:
    """Which columns of the unit table are a metric's outcome, denominator and covariate, with their scales."""

    metric: Metric
    y: Variable
    d: Variable | None
    x: str | None
    x_scale: int


@dataclass(frozen=True, slots=True)
class Variables:
    """All variables in a stable order, and what each metric uses of them."""

    variables: tuple[Variable, ...]
    columns: tuple[MetricColumns, ...]

    @property
    def fact_names(self) -> tuple[str, ...]:
        return tuple(sorted({variable.total.fact for variable in self.variables}))

    def of_fact(self, fact: str) -> tuple[Variable, ...]:
        return tuple(v for v in self.variables if v.total.fact == fact)


def variables_of(study: Study) -> Variables:
    """The union of what the study's metrics need."""
    found: dict[tuple[Total, Window, bool], Variable] = {}

    def variable(metric: Metric, total: Total) -> Variable:
        key = (total, metric.window, isinstance(metric, ProportionMetric))
        scale = 0 if key[2] else study.measure(total).scale
        return found.setdefault(key, Variable(f"v{len(found)}", *key, scale))

    columns: list[MetricColumns] = []
    for metric in study.metrics:
        parts = [variable(metric, total) for total in totals(metric)]
        covariate = next((f for f in study.covariates if f.name == metric.covariate), None)
        columns.append(
            MetricColumns(
                metric, parts[0], parts[1] if isinstance(metric, RatioMetric) else None,
                covariate_column(covariate.name) if covariate else None, covariate.scale if covariate else 0,
            )  # fmt: skip
        )
    return Variables(tuple(found.values()), tuple(columns))
