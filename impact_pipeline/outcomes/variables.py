"""What a study's pass over the facts has to add up: each distinct unit total once, whichever metrics use it."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metric import Metric, ProportionMetric, RatioMetric, Total, Window, totals
from impact_pipeline.exposures.query import covariate_column


@dataclass(frozen=True, slots=True)
class UnitTotal:
    """A unit's total of a measure over a window; `scale` is that of the measure."""

    name: str
    total: Total
    window: Window
    scale: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the unit table: a total, or its indicator (1 where the total is above zero, else 0)."""

    name: str
    total: UnitTotal
    indicator: bool

    @property
    def scale(self) -> int:
        return 0 if self.indicator else self.total.scale


@dataclass(frozen=True, slots=True)
class MetricColumns:
    """Which columns of the unit table are a metric's outcome, denominator and covariate, with their scales."""

    metric: Metric
    y: Variable
    d: Variable | None
    x: str | None
    x_scale: int

    @property
    def names(self) -> dict[str, str]:
        """Column names under 'y', 'd' and 'x', as far as the metric has them."""
        found = {"y": self.y.name, "d": self.d.name if self.d else None, "x": self.x}
        return {key: name for key, name in found.items() if name}

    @property
    def totals(self) -> tuple[UnitTotal, ...]:
        return tuple(variable.total for variable in (self.y, self.d) if variable)


@dataclass(frozen=True, slots=True)
class Variables:
    """All variables in a stable order, and what each metric uses of them."""

    variables: tuple[Variable, ...]
    columns: tuple[MetricColumns, ...]

    @property
    def totals(self) -> tuple[UnitTotal, ...]:
        return tuple(dict.fromkeys(variable.total for variable in self.variables))

    @property
    def fact_names(self) -> tuple[str, ...]:
        return tuple(sorted({total.total.fact for total in self.totals}))

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(variable.name for variable in self.variables if variable.indicator)

    @property
    def covariates(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(columns.x for columns in self.columns if columns.x))

    def of_fact(self, fact: str) -> tuple[UnitTotal, ...]:
        return tuple(total for total in self.totals if total.total.fact == fact)


def variables_of(study: Study) -> Variables:
    """The union of what the study's metrics need."""
    summed: dict[tuple[Total, Window], UnitTotal] = {}
    found: dict[tuple[UnitTotal, bool], Variable] = {}

    def variable(metric: Metric, total: Total) -> Variable:
        unit_total = UnitTotal(f"t{len(summed)}", total, metric.window, study.measure(total).scale)
        key = (summed.setdefault((total, metric.window), unit_total), isinstance(metric, ProportionMetric))
        return found.setdefault(key, Variable(f"v{len(found)}", *key))

    columns: list[MetricColumns] = []
    for metric in study.metrics:
        parts = [variable(metric, total) for total in totals(metric)]
        covariate = next((f for f in study.covariates if f.name == metric.covariate), None)
        denominator = parts[1] if isinstance(metric, RatioMetric) else None
        x, x_scale = (covariate_column(covariate.name), covariate.scale) if covariate else (None, 0)
        columns.append(MetricColumns(metric, parts[0], denominator, x, x_scale))
    return Variables(tuple(found.values()), tuple(columns))
