"""What every metric document has, and the parts that types are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from impact_pipeline.catalog.document import Document, Expression, Model, Name, Text

if TYPE_CHECKING:
    from impact_pipeline.catalog.metrics.readings import Reading

Place = tuple[str | int, ...]
"""Where a part stands in its document."""

NO_PARTS: Mapping[str, Metric] = MappingProxyType({})
"""What a metric that names no other is made of."""


class Rows(Model):
    """Rows of one fact that pass `filter`."""

    fact: Name
    filter: Expression | None = None


class Total(Rows):
    """A unit's total of one measure of one fact over the window, over the rows that pass `filter`."""

    measure: Name


class Window(Model):
    """Days `start_day .. start_day + days - 1` counted from the unit's exposure; day 0 begins at `exposed_at`."""

    start_day: Annotated[int, Field(ge=0, le=365)] = 0
    days: Annotated[int, Field(ge=1, le=365)]

    @property
    def last_day(self) -> int:
        return self.start_day + self.days - 1

    def __str__(self) -> str:
        return f"day {self.start_day}" if self.days == 1 else f"days {self.start_day} to {self.last_day}"


class Cap(Model):
    """The largest value of one unit: `absolute` in the metric's unit, or the `percentile` of all arms' units.

    The percentile is of units pooled over arms as of each look, read from buckets of `digits` significant digits. The
    uncapped reading is kept and shown beside.
    """

    absolute: Annotated[float, Field(gt=0)] | None = None
    percentile: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    digits: Annotated[int, Field(ge=1, le=6)] = 3

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.absolute is None) == (self.percentile is None):
            raise ValueError("name either `absolute` or `percentile`, and not both")
        if self.absolute is not None and "digits" in self.model_fields_set:
            raise ValueError("`digits` belongs to a `percentile`; remove it")
        return self


class Metric(Document):
    """A KPI definition over facts, with its window counted from a unit's own exposure.

    A type is a subclass with `type: Literal["its_name"]`, its own fields, `readings` and a docstring whose first
    sentence says what it is. `parts` are other metrics that it is made of. Without `lift` a share of it has no meaning
    (a logarithm, a temperature), and effects are differences alone.
    """

    adjustable: ClassVar[bool] = True
    """Whether covariates can make its estimate more precise."""

    share: ClassVar[bool] = False
    """Whether it is a proportion of units, shown in per cent."""

    type: str
    version: Annotated[int, Field(ge=1)]
    label: Text
    unit: Text
    better: Literal["higher", "lower"]
    window: Window
    lift: bool = True
    covariates: tuple[Name, ...] = ()
    change_log: tuple[Text, ...] = ()

    @field_validator("covariates")
    @classmethod
    def _covariates_are_sound(cls, covariates: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(covariates)) != len(covariates):
            raise ValueError("a covariate stands twice; keep one")
        if covariates and not cls.adjustable:
            raise ValueError("no method adjusts a metric of this type; remove its covariates")
        return covariates

    @property
    def reference(self) -> str:
        """`name@version`, as written in results."""
        return f"{self.name}@{self.version}"

    @property
    def last_day(self) -> int:
        """The last day since exposure that it reads: a cohort counts once this day is over."""
        return self.window.last_day

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the metrics it is made of."""
        return ()

    @property
    def inputs(self) -> tuple[tuple[Place, Rows], ...]:
        """The rows and totals that stand in the document itself, each with its place."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple(found for name, value in fields for found in _inputs((name,), value))

    def misfits(self, parts: Mapping[str, Metric]) -> Iterator[tuple[Place, str]]:
        """What keeps it from being made of these metrics, each with the place of the fault."""
        yield from ()

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        """What is kept of each unit, the metric itself first; `parts` holds the metrics that it names."""
        raise NotImplementedError

    def formula_in_words(self, entity: str) -> str:
        """How it is computed, for readers."""
        raise NotImplementedError

    def over(self, window: Window) -> Self:
        """The same metric over another window, under its own name; raises `ValueError` where it cannot be."""
        document: dict[str, Any] = self.model_dump(exclude_unset=True) | {"window": window.model_dump()}
        document |= {"name": windowed_name(self.name, window), "label": f"{self.label}, {window}"}
        return type(self).model_validate(document)


def windowed_name(name: str, window: Window) -> str:
    """The name of a metric that a plan reads over a window of its own.

    >>> windowed_name("revenue", Window(start_day=7, days=3))
    'revenue__d7_9'
    """
    return f"{name}__d{window.start_day}_{window.last_day}"


def _inputs(place: Place, value: object) -> Iterator[tuple[Place, Rows]]:
    if isinstance(value, Rows):
        yield place, value
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from _inputs((*place, index), one)
