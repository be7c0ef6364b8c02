"""What a plan with a causal design reads in place of arms: a panel, a cross-section, a series or a log of decisions.

Periods are those of the events' own times. Expressions are over the columns of the plan's exposure dataset, of a unit's
first row: what was known before the outcome.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.causal.designs import (
    CROSS_SECTION_DESIGNS,
    LOGGED_DESIGNS,
    PANEL_DESIGNS,
    SERIES_DESIGNS,
)
from impact_pipeline.catalog.document import Expression, Model, Name, Text

Period = Literal["day", "week", "month", "quarter", "year"]
ClusterColumn = Annotated[Name | None, Field(exclude_if=lambda named: named is None)]
RowWeights = Annotated[Expression | None, Field(exclude_if=lambda asked: asked is None)]


class _Periods(Model):
    """Periods from the one of `first` to the one of `last`, by default those of the plan's dates."""

    period: Period = "day"
    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first is not None and self.last is not None and self.last <= self.first:
            raise ValueError(f"last {self.last} is not after first {self.first}; correct the dates")
        return self


class PanelSample(_Periods):
    """Each unit's metric in each period.

    A unit is treated from the period of its first exposure row with the arm `treatment`; without one it never is.
    Where a unit has no rows in a period it has 0, or is `missing`. `covariates` and `weights` are metrics, read the
    same way. `unit_name` is a column of the metrics' datasets that names a unit in reports, where names are no secret;
    `cluster` one that says which units' fortunes are not independent, such as a region, the same in all rows of a unit.
    """

    type: Literal["panel"]
    treatment: Text
    absent: Literal["zero", "missing"] = "zero"
    covariates: tuple[Name, ...] = ()
    weights: Name | None = None
    unit_name: Name | None = None
    cluster: ClusterColumn = None


class CrossSectionSample(Model):
    """Each exposed unit's metric in its window; treated are those with the arm `treatment`, all others are not.

    Where the treatment is an amount, `dose` is its expression instead. `cluster` is a column of the exposure dataset:
    units that share its value are not independent.
    """

    type: Literal["cross_section"]
    treatment: Text | None = None
    dose: Expression | None = None
    covariates: tuple[Expression, ...] = ()
    outcome_covariates: tuple[Expression, ...] | None = None
    score: Expression | None = None
    instruments: tuple[Expression, ...] = ()
    after: Expression | None = None
    weights: RowWeights = None
    cluster: ClusterColumn = None

    @model_validator(mode="after")
    def _treatment_is_told_once(self) -> Self:
        if (self.treatment is None) == (self.dose is None):
            raise ValueError("write `treatment`, an arm, or `dose`, an expression: one of the two")
        return self


class SeriesSample(_Periods):
    """The metric of all units together by period, changed from the day `starts` on; `controls` are metrics too."""

    type: Literal["series"]
    starts: date
    controls: tuple[Name, ...] = ()


class LoggedSample(Model):
    """Each decision is a unit, and its arm the action that was taken; `uniform` gives each action the same chance.

    `cluster` is a column of the exposure dataset: decisions that share its value are not independent.
    """

    type: Literal["logged_decisions"]
    propensity: Expression
    target: Expression | None = None
    target_policy: Literal["uniform"] | None = None
    context: tuple[Expression, ...] = ()
    slot: Expression | None = None
    cluster: ClusterColumn = None

    @model_validator(mode="after")
    def _target_is_told_once(self) -> Self:
        if (self.target is None) == (self.target_policy is None):
            raise ValueError("write `target`, a chance by row, or `target_policy: uniform`: one of the two")
        return self


CausalSample = Annotated[PanelSample | CrossSectionSample | SeriesSample | LoggedSample, Field(discriminator="type")]

SAMPLE_TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(PANEL_DESIGNS, ("panel",)),
    **dict.fromkeys(CROSS_SECTION_DESIGNS, ("cross_section",)),
    **dict.fromkeys(SERIES_DESIGNS, ("series",)),
    **dict.fromkeys(LOGGED_DESIGNS, ("logged_decisions",)),
    "difference_in_differences": ("panel", "cross_section"),
}
"""Type of causal design -> the types of samples it is asked on."""

EXPRESSIONS = ("dose", "score", "after", "weights", "propensity", "target", "slot")
LISTS = ("covariates", "outcome_covariates", "instruments", "context")


def row_expressions(sample: CausalSample) -> dict[str, str]:
    """Field -> expression over a unit's first exposure row.

    >>> row_expressions(CrossSectionSample(type="cross_section", treatment="new", covariates=("age", "age * age")))
    {'covariates.0': 'age', 'covariates.1': 'age * age'}
    """
    if isinstance(sample, PanelSample | SeriesSample):
        return {}
    found = {field: text for field in EXPRESSIONS if (text := getattr(sample, field, None)) is not None}
    for field in LISTS:
        found |= {f"{field}.{place}": text for place, text in enumerate(getattr(sample, field, None) or ())}
    return found


def row_cluster(sample: CausalSample) -> str | None:
    """The column of a unit's first exposure row that names its cluster; of a panel it is a column of the metrics'."""
    return sample.cluster if isinstance(sample, CrossSectionSample | LoggedSample) else None


def metrics_beside(sample: CausalSample) -> tuple[str, ...]:
    """Metrics that a sample reads beside those that are judged."""
    match sample:
        case PanelSample():
            return (*sample.covariates, *(() if sample.weights is None else (sample.weights,)))
        case SeriesSample():
            return sample.controls
    return ()
