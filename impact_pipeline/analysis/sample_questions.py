"""Where a causal design finds its sample in a file: which columns and expressions are what."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Expression, Model

Column = Annotated[str, Field(min_length=1, max_length=200)]


class PanelColumns(Model):
    """One row for each unit and period.

    `treated` is a condition or a share of the period, 0 .. 1; or else `treated_from` names the column with a unit's
    first treated period, empty or 0 where it has none. `period_group` names regions whose periods have effects of
    their own.
    """

    type: Literal["panel"]
    unit: Column
    period: Column
    treated: Expression | None = None
    treated_from: Column | None = None
    covariates: tuple[Expression, ...] = ()
    weights: Expression | None = None
    cluster: Column | None = None
    period_group: Column | None = None

    @model_validator(mode="after")
    def _treatment_is_told_once(self) -> Self:
        if (self.treated is None) == (self.treated_from is None):
            raise ValueError("write `treated`, a condition by row, or `treated_from`, a column: one of the two")
        return self


class CrossSectionColumns(Model):
    """One row for each unit. `after` is a condition: rows from after the change, where units are not followed."""

    type: Literal["cross_section"]
    treatment: Expression
    covariates: tuple[Expression, ...] = ()
    outcome_covariates: tuple[Expression, ...] | None = None
    score: Expression | None = None
    instruments: tuple[Expression, ...] = ()
    after: Expression | None = None
    weights: Expression | None = None
    cluster: Column | None = None


class SeriesColumns(Model):
    """One row for each period; `starts` is the value of `period` in the first one under the change."""

    type: Literal["series"]
    period: Column
    starts: str | int | float
    controls: tuple[Expression, ...] = ()


class LoggedDecisionColumns(Model):
    """One row for each decision of the policy that ran.

    `propensity` is the chance with which it took its action, `target` that of the policy to be valued; `uniform` gives
    every action of the log (within its slot) the same.
    """

    type: Literal["logged_decisions"]
    action: Column
    propensity: Expression
    target: Expression | None = None
    target_policy: Literal["uniform"] | None = None
    context: tuple[Expression, ...] = ()
    slot: Column | None = None
    cluster: Column | None = None

    @model_validator(mode="after")
    def _target_is_told_once(self) -> Self:
        if (self.target is None) == (self.target_policy is None):
            raise ValueError("write `target`, a chance by row, or `target_policy: uniform`: one of the two")
        return self


SampleColumns = Annotated[
    PanelColumns | CrossSectionColumns | SeriesColumns | LoggedDecisionColumns, Field(discriminator="type")
]

Expressions = dict[str, str]


def sample_expressions(sample: SampleColumns) -> Expressions:
    """Field -> expression over the file's columns; a condition counts as 1 or 0."""
    found: Expressions = {}
    for field in ("treated", "treatment", "score", "after", "weights", "propensity", "target"):
        text = getattr(sample, field, None)
        if text is not None:
            found[field] = text
    for field in ("covariates", "outcome_covariates", "instruments", "controls", "context"):
        found |= {f"{field}.{place}": text for place, text in enumerate(getattr(sample, field, None) or ())}
    return found


def sample_columns(sample: SampleColumns) -> tuple[str, ...]:
    """Columns that a sample names as they are."""
    fields = ("unit", "period", "treated_from", "cluster", "period_group", "action", "slot")
    return tuple(name for field in fields if (name := getattr(sample, field, None)) is not None)
