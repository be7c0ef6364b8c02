"""Metric type `funnel`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from impact_pipeline.catalog.document import Name
from impact_pipeline.catalog.metrics.base import NO_PARTS, Metric, Rows
from impact_pipeline.catalog.metrics.readings import Reading, StepsPassed, of


class Step(Rows):
    """A unit passes the step with a row of the fact at or after the time at which it passed the step before."""

    name: Name


class FunnelMetric(Metric):
    """Share of units that passed every step in order within the window; the share reaching each step stands beside.

    >>> document = {"name": "checkout", "owner": "team:shop", "description": "x", "version": 1, "label": "Checkout"}
    >>> document |= {"unit": "share", "better": "higher", "window": {"days": 1}, "type": "funnel"}
    >>> steps = [{"name": "visit", "fact": "sessions"}, {"name": "order", "fact": "orders"}]
    >>> [(reading.variant, reading.y.at_least) for reading in FunnelMetric(**document, steps=steps).readings()]
    [('', 2), ('step1_visit', 1)]
    """

    share: ClassVar[bool] = True

    type: Literal["funnel"]
    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=6)]

    @field_validator("steps")
    @classmethod
    def _steps_have_names(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if len({step.name for step in steps}) != len(steps):
            raise ValueError("two steps have the same name; rename one")
        return steps

    def readings(self, parts: Mapping[str, Metric] = NO_PARTS) -> tuple[Reading, ...]:
        passed = StepsPassed(tuple(Rows(fact=step.fact, filter=step.filter) for step in self.steps), self.window)
        reached = [of(passed, at_least=number) for number in range(1, len(self.steps) + 1)]
        before = tuple(
            Reading(f"step{number}_{step.name}", f"{self.label}, reached {step.name}", "mean", value, share=self.share)
            for number, (step, value) in enumerate(zip(self.steps[:-1], reached[:-1], strict=True), 1)
        )
        return (Reading("", self.label, "mean", reached[-1], share=self.share), *before)

    def formula_in_words(self, entity: str) -> str:
        return f"share of {entity}s that passed {', then '.join(step.name for step in self.steps)}"
