"""Evaluation plans: the registered document that a verdict is bound to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Document, Expression, Model, Name, Text

Share = Annotated[float, Field(gt=0, le=1)]
Arms = Annotated[dict[Name, Annotated[float, Field(ge=0, le=1)]], Field(min_length=2)]


class Change(Model):
    """Which model changes from which version to which."""

    model: Name
    from_version: Text
    to_version: Text


def _shares_add_up(arms: dict[str, float]) -> None:
    if abs(sum(arms.values()) - 1) > 1e-9:
        raise ValueError(f"arm shares add up to {sum(arms.values()):g}; they must add up to 1")


class RandomizedDesign(Model):
    """Units are randomised to arms with constant shares."""

    type: Literal["randomized"]
    arms: Arms
    control: Name

    @model_validator(mode="after")
    def _arms_are_sound(self) -> Self:
        _shares_add_up(self.arms)
        if self.control not in self.arms:
            raise ValueError(f"control '{self.control}' is not an arm; arms are {sorted(self.arms)}")
        return self


class Phase(Model):
    """From `starts` (inclusive) until the next phase the arms have these shares."""

    starts: date
    arms: Arms


class StagedRolloutDesign(Model):
    """A ramp: shares change by phase, so effects and sample ratios are taken within phases and then combined.

    Phase effects are weighted by all exposed units of the phase.
    """

    type: Literal["staged_rollout"]
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    control: Name

    @property
    def arms(self) -> dict[str, float]:
        return self.phases[-1].arms

    @model_validator(mode="after")
    def _phases_are_sound(self) -> Self:
        names = set(self.phases[0].arms)
        for phase in self.phases:
            _shares_add_up(phase.arms)
            if set(phase.arms) != names:
                raise ValueError("every phase names the same arms; write a share of 0 for an arm that is paused")
        if [p.starts for p in self.phases] != sorted({p.starts for p in self.phases}):
            raise ValueError("phases stand in order of `starts`, each on its own day")
        if self.control not in names:
            raise ValueError(f"control '{self.control}' is not an arm; arms are {sorted(names)}")
        return self


Design = Annotated[RandomizedDesign | StagedRolloutDesign, Field(discriminator="type")]


class ExposureRule(Model):
    """Which rows of a trusted dataset are a unit's contact with an arm."""

    dataset: Name
    arm_column: Name
    exposed_at: Name
    filter: Expression | None = None


class Margin(Model):
    """How much worse a guardrail may be, as a share of the control mean or in the metric's unit. One of the two."""

    relative: Annotated[float, Field(gt=0, lt=1)] | None = None
    absolute: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.relative is None) == (self.absolute is None):
            raise ValueError("name either `relative` or `absolute`, and not both")
        return self


class SuccessUse(Model):
    role: Literal["success"]
    metric: Name


class GuardrailUse(Model):
    role: Literal["guardrail"]
    metric: Name
    margin: Margin


class ExploratoryUse(Model):
    role: Literal["exploratory"]
    metric: Name


MetricUse = Annotated[SuccessUse | GuardrailUse | ExploratoryUse, Field(discriminator="role")]


class FeatureSegment(Model):
    """Units split by a `latest` feature, as of their exposure day."""

    type: Literal["feature"]
    feature: Name


class ColumnSegment(Model):
    """Units split by a column of their first exposure row."""

    type: Literal["column"]
    column: Name


Segment = Annotated[FeatureSegment | ColumnSegment, Field(discriminator="type")]


class DecisionRule(Model):
    """Success superior (two-sided `alpha`), every guardrail non-inferior (one-sided `alpha`), findings clean."""

    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    min_units_per_arm: Annotated[int, Field(ge=2)] = 100


class Value(Model):
    """Money: effect on `metric` per exposed unit x units a year x `per_unit`, in `currency`."""

    metric: Name
    per_unit: Annotated[float, Field(gt=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    horizon_days: Annotated[int, Field(ge=1, le=3650)] = 365


class EvaluationPlan(Document):
    """What is changed, for whom, how it is measured, and which result leads to which verdict.

    Units are exposed from `starts` to `ends` (both inclusive, UTC days); the planned look is the night on which the
    last window of the last cohort closes.
    """

    apiVersion: Literal["impact-plan/v1"]
    status: Literal["registered", "archived"] = "registered"
    title: Text
    change: Change
    hypothesis: Text
    entity: Name
    estimand: Literal["ATE"] = "ATE"
    design: Design
    exposure: ExposureRule
    starts: date
    ends: date
    metrics: Annotated[tuple[MetricUse, ...], Field(min_length=1)]
    segments: dict[Name, Segment] = {}
    decision: DecisionRule = DecisionRule()
    value: Value | None = None

    @model_validator(mode="after")
    def _dates_are_ordered(self) -> Self:
        if self.ends < self.starts:
            raise ValueError(f"ends {self.ends} lies before starts {self.starts}")
        if isinstance(self.design, StagedRolloutDesign) and self.design.phases[0].starts != self.starts:
            raise ValueError(f"the first phase starts on {self.design.phases[0].starts}, the plan on {self.starts}")
        return self
