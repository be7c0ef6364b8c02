"""What a study's pass over the facts has to add up: each distinct unit total once, whichever readings use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading, StepsPassed, UnitCount, UnitTotal, UnitValue
from impact_pipeline.exposures.query import covariate_column


@dataclass(frozen=True, slots=True)
class FactTotal:
    """A total over one fact's rows as a column; `scale` is that of its measure, 0 of a count."""

    name: str
    total: UnitTotal
    scale: int


@dataclass(frozen=True, slots=True)
class StepTotal:
    """The number of steps passed as a column."""

    name: str
    total: StepsPassed
    scale: int = 0


TotalColumn: TypeAlias = FactTotal | StepTotal


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the unit table: a sum of integer factors x totals at one scale, capped, or its indicator."""

    name: str
    terms: tuple[tuple[int, TotalColumn], ...]
    scale: int
    at_least: int | None = None
    cap: int | None = None

    @property
    def indicator(self) -> bool:
        return self.at_least is not None

    @property
    def totals(self) -> tuple[TotalColumn, ...]:
        return tuple(total for _, total in self.terms)


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """Which columns of the unit table are a reading's outcome, denominator and covariates, with their scales.

    The outcome of a quantile over events is in no unit's column: `events` is the total whose rows it is read from.
    """

    key: str
    metric: Metric
    reading: Reading
    y: Variable | None
    d: Variable | None
    x: tuple[str, ...]
    y_scale: int
    x_scales: tuple[int, ...]

    @property
    def events(self) -> UnitTotal | None:
        (total, *_) = self.reading.y.totals
        return total if self.reading.per_event and isinstance(total, UnitTotal) else None

    @property
    def by_value(self) -> bool:
        """Whether units are counted by the bucket of their outcome as well."""
        return self.reading.digits is not None and self.y is not None

    @property
    def sums(self) -> dict[str, str]:
        """Outcome and denominator, where their sums are kept, under 'y' and 'd'."""
        y = self.y if self.reading.form != "quantile" else None
        return {slot: variable.name for slot, variable in (("y", y), ("d", self.d)) if variable}

    @property
    def variables(self) -> tuple[Variable, ...]:
        return tuple(variable for variable in (self.y, self.d) if variable)


@dataclass(frozen=True, slots=True)
class Variables:
    """All totals and variables in a stable order, and what each reading uses of them."""

    totals: tuple[TotalColumn, ...]
    variables: tuple[Variable, ...]
    columns: tuple[ReadingColumns, ...]

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Facts whose rows are read, for totals or for steps or for the events themselves."""
        read = {fact for columns in self.columns for total in columns.reading.totals for fact in total.facts}
        return tuple(sorted(read))

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(variable.name for variable in self.variables if variable.indicator)

    @property
    def covariates(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for columns in self.columns for name in columns.x))

    @property
    def steps(self) -> tuple[StepTotal, ...]:
        return tuple(total for total in self.totals if isinstance(total, StepTotal))

    def of_fact(self, fact: str) -> tuple[FactTotal, ...]:
        return tuple(total for total in self.totals if isinstance(total, FactTotal) and total.total.fact == fact)

    def last_day(self, fact: str) -> int:
        """The last day since exposure of which rows of the fact are read."""
        totals = (total for columns in self.columns for total in columns.reading.totals if fact in total.facts)
        return max(total.window.last_day for total in totals)


def variables_of(study: Study, readings: Sequence[tuple[Metric, Reading]] | None = None) -> Variables:
    """The union of what some readings need, by default all of the study's."""
    table = _Table(study)
    wanted = study.readings if readings is None else readings
    columns = tuple(table.columns(metric, reading) for metric, reading in wanted)
    return Variables(tuple(table.totals.values()), tuple(table.variables.values()), columns)


@dataclass(slots=True)
class _Table:
    """Columns of the unit table by what is in them, so that nothing is there twice."""

    study: Study
    totals: dict[UnitCount, TotalColumn] = field(default_factory=dict)
    variables: dict[UnitValue, Variable] = field(default_factory=dict)

    def columns(self, metric: Metric, reading: Reading) -> ReadingColumns:
        features = {feature.name: feature for feature in self.study.covariates}
        covariates = [features[name] for name in metric.covariates]
        y = None if reading.per_event else self._variable(reading.y)
        return ReadingColumns(
            self.study.reading_key(metric, reading),
            metric,
            reading,
            y,
            None if reading.d is None else self._variable(reading.d),
            tuple(covariate_column(feature.name) for feature in covariates),
            self._events_scale(reading) if y is None else y.scale,
            tuple(feature.scale for feature in covariates),
        )

    def _events_scale(self, reading: Reading) -> int:
        return max(self._scale(total) for total in reading.y.totals if isinstance(total, UnitTotal))

    def _variable(self, value: UnitValue) -> Variable:
        if value not in self.variables:
            parts = [(factor, self._total(total)) for factor, total in value.terms]
            wanted = [column.scale + _decimals(factor) for factor, column in parts]
            scale = max([*wanted, _decimals(value.cap or Decimal(0))])
            terms = tuple((_whole(factor, scale - column.scale), column) for factor, column in parts)
            cap = None if value.cap is None else _whole(value.cap, scale)
            shown = 0 if value.at_least is not None else scale
            self.variables[value] = Variable(f"v{len(self.variables)}", terms, shown, value.at_least, cap)
        return self.variables[value]

    def _total(self, total: UnitCount) -> TotalColumn:
        if total not in self.totals:
            name = f"t{len(self.totals)}"
            self.totals[total] = (
                StepTotal(name, total) if isinstance(total, StepsPassed) else FactTotal(name, total, self._scale(total))
            )
        return self.totals[total]

    def _scale(self, total: UnitTotal) -> int:
        measure = self.study.measure(total)
        return measure.scale if measure is not None and total.aggregate == "sum" else 0


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _whole(number: Decimal, scale: int) -> int:
    return int(number.scaleb(scale))
