"""E-values of published ratios, which need no data: how strong a hidden confounder would have to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model, Text
from impact_pipeline.stats.hidden_confounding.e_value import of_hazard_ratio, of_odds_ratio, of_risk_ratio

Positive = Annotated[float, Field(gt=0)]


class EValueQuestion(Model):
    """A ratio with its interval. `rare` says that under 15 % have the outcome, so that any ratio is one of risks."""

    name: Text
    measure: Literal["risk_ratio", "odds_ratio", "hazard_ratio"] = "risk_ratio"
    value: Positive
    lower: Positive
    upper: Positive
    rare: bool = False

    @model_validator(mode="after")
    def _lies_in_its_interval(self) -> Self:
        if not self.lower <= self.value <= self.upper:
            raise ValueError(f"{self.value:g} does not lie within its interval, {self.lower:g} to {self.upper:g}")
        return self


@dataclass(frozen=True, slots=True)
class EValueAnswer:
    """The risk ratio that a hidden confounder must have with treatment and outcome to explain the ratio away.

    `interval` is what moves the nearer bound to 1.
    """

    name: str
    point: float
    interval: float


def e_values(asked: Sequence[EValueQuestion]) -> tuple[EValueAnswer, ...]:
    """
    >>> [found] = e_values([EValueQuestion(name="smoking", value=3.9, lower=1.8, upper=8.7)])
    >>> round(found.point, 2), round(found.interval, 2)
    (7.26, 3.0)
    """
    return tuple(_answered(one) for one in asked)


def _answered(asked: EValueQuestion) -> EValueAnswer:
    bounds = (asked.value, asked.lower, asked.upper)
    match asked.measure:
        case "risk_ratio":
            found = of_risk_ratio(*bounds)
        case "odds_ratio":
            found = of_odds_ratio(*bounds, rare=asked.rare)
        case "hazard_ratio":
            found = of_hazard_ratio(*bounds, rare=asked.rare)
    return EValueAnswer(asked.name, found.point, found.interval)
