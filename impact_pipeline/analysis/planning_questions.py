"""Questions that a specification may ask before there are data: bounds of looks, power, sizes, least effects."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model, Text

Alpha = Annotated[float, Field(gt=0, lt=0.5)]
Power = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Units = Annotated[float, Field(ge=2, le=1e15)]


class MeanOutcome(Model):
    """A mean of units with this standard deviation in control and, unless another is given, in treatment."""

    type: Literal["mean"]
    std_dev: Positive
    treatment_std_dev: Positive | None = None


class ProportionOutcome(Model):
    """A share of units, `control` in control; an effect is added to it.

    `pooled` is the test with one variance for both arms and a normal statistic, as in R's power.prop.test.
    """

    type: Literal["proportion"]
    control: Rate
    pooled: bool = False


Outcome = Annotated[MeanOutcome | ProportionOutcome, Field(discriminator="type")]


class _Test(Model):
    """`treatment_share` is that of the two arms' units; an effect is a difference, treatment less control."""

    name: Text
    outcome: Outcome
    alpha: Alpha = 0.05
    sides: Literal[1, 2] = 2
    treatment_share: Rate = 0.5


class PowerQuestion(_Test):
    """How often is this effect found with this many units in each arm (on average, where shares are uneven)?"""

    type: Literal["power"]
    units_per_arm: Units
    effect: float


class UnitsNeededQuestion(_Test):
    """How many units find this effect with this power?"""

    type: Literal["units_needed"]
    effect: float
    power: Power = 0.8


class MinimalEffectQuestion(_Test):
    """Which is the least effect that this many units in each arm find with this power?"""

    type: Literal["minimal_effect"]
    units_per_arm: Units
    power: Power = 0.8


class RuleOfSixteenQuestion(Model):
    """Units per arm by the rule of thumb `16 s^2 / d^2`, to check a plan by hand."""

    type: Literal["rule_of_sixteen"]
    name: Text
    outcome: Outcome
    effect: float


class GroupSequentialBoundsQuestion(Model):
    """Statistics to exceed at each of several looks: `looks` evenly spaced ones, or those at fractions `information`.

    `constant` bounds need evenly spaced looks, all of which are made; `spending` bounds take any.
    """

    type: Literal["group_sequential_bounds"]
    name: Text
    rule: Literal["pocock", "obrien_fleming"]
    bounds: Literal["constant", "spending"] = "spending"
    looks: Annotated[int, Field(ge=1, le=50)] | None = None
    information: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(max_length=50)] = ()
    alpha: Alpha = 0.05
    sides: Literal[1, 2] = 2

    @model_validator(mode="after")
    def _looks_are_known(self) -> Self:
        if (self.looks is None) == (not self.information):
            raise ValueError("name either `looks` (how many, evenly spaced) or `information` (fractions)")
        if self.bounds == "constant" and self.looks is None:
            raise ValueError("constant bounds are those of evenly spaced looks; name `looks`, or bounds 'spending'")
        if list(self.information) != sorted(set(self.information)):
            raise ValueError("the fractions of `information` rise, each above the one before")
        return self


PlanningQuestion = Annotated[
    PowerQuestion | UnitsNeededQuestion | MinimalEffectQuestion | RuleOfSixteenQuestion | GroupSequentialBoundsQuestion,
    Field(discriminator="type"),
]
