"""What the looks of a plan ask of a test: the critical value at the planned look, and what looks before it cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.looks import AlwaysValidLooks, GroupSequentialLooks
from impact_pipeline.planning.enrolment import Enrolment
from impact_pipeline.stats.alpha_spending import Spending
from impact_pipeline.stats.comparison import Comparison
from impact_pipeline.stats.confidence_sequence import critical_value
from impact_pipeline.stats.group_sequential import spending_bounds
from impact_pipeline.stats.group_sequential_power import inflation_factor, power_by_look
from impact_pipeline.stats.inference import SPENDING, AlwaysValid, FixedHorizon, GroupSequential, Inference
from impact_pipeline.stats.power import Sides
from impact_pipeline.stats.sample_size import Rejection, power_at

LEAST_INFORMATION = 1e-6
"""What a look has before any window has closed."""


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A test at the planned look and, where `bounds` are given, at looks before it with these shares of its units."""

    rejection: Rejection
    information: tuple[float, ...] = ()
    bounds: tuple[float, ...] = ()

    def power(self, units: float, effect: float, comparison: Comparison) -> float:
        """Chance to find an effect (above 0 in the tested direction) at any of the looks."""
        if not self.bounds:
            return power_at(units, effect, comparison, self.rejection)
        drift, sides = effect / comparison.std_error(units), self.rejection.sides
        return float(power_by_look(self.information, self.bounds, drift, sides=sides)[-1])

    def inflation(self, power: float) -> float:
        """Units over those of a single look with this power."""
        if not self.bounds:
            return 1.0
        return inflation_factor(self.information, self.bounds, power, sides=self.rejection.sides)


@dataclass(frozen=True, slots=True)
class PlannedLooks:
    """`alpha` is the plan's, by which a sequence is tuned; `planned_n` the units of the contrast that it is tuned for.

    `of_planned` are the looks' shares of the planned information, `of_last` of the units expected at the planned look.
    """

    kind: Literal["fixed", "always_valid", "group_sequential"]
    alpha: float
    planned_n: float = inf
    of_planned: tuple[float, ...] = ()
    of_last: tuple[float, ...] = ()
    spending: Literal["obrien_fleming", "pocock"] = "obrien_fleming"

    @property
    def inference(self) -> Inference:
        """As the estimate of the planned look has it."""
        if self.kind == "always_valid":
            return AlwaysValid(self.planned_n)
        return GroupSequential(self.of_planned, self.spending) if self.kind == "group_sequential" else FixedHorizon()

    def test(self, alpha: float, sides: Sides, *, student: bool, n: float | None = None) -> PlannedTest:
        """Of size alpha over all looks; `n` units of the contrast, by default those that a sequence is tuned for."""
        if self.kind == "always_valid":
            ratio = 1.0 if n is None else n / self.planned_n
            z = float(critical_value(max(ratio, LEAST_INFORMATION), 1.0, alpha, tuned_at=self.alpha, sides=sides))
            return PlannedTest(Rejection(alpha, sides, z, student=False))
        if self.kind == "fixed":
            return PlannedTest(Rejection(alpha, sides, student=student))
        spending: Spending = SPENDING[self.spending]
        bounds = spending_bounds(self.of_planned, spending, alpha, sides=sides)
        return PlannedTest(Rejection(alpha, sides, student=student), self.of_last, bounds)


def planned_looks(study: Study, enrolment: Enrolment, last_day: int) -> PlannedLooks:
    """For a metric whose windows end `last_day` days after exposure."""
    looks, alpha = study.plan.looks, study.plan.decision.alpha
    if isinstance(looks, AlwaysValidLooks):
        return PlannedLooks("always_valid", alpha, looks.planned_units * sum(enrolment.planned.shares))
    if not isinstance(looks, GroupSequentialLooks):
        return PlannedLooks("fixed", alpha)
    closed = [enrolment.closed_by(day, last_day) for day in looks.on if day < study.planned_look]
    expected = enrolment.planned.units
    rising = _rising([*closed, expected])
    nominal = [units / looks.planned_units for units in rising]
    nominal[-1] = max(1.0, nominal[-1])
    of_last = tuple(units / max(expected, 1.0) for units in rising)
    return PlannedLooks("group_sequential", alpha, inf, tuple(nominal), of_last, looks.spending)


def _rising(units: list[float]) -> list[float]:
    """Looks that bring nothing new are none."""
    found: list[float] = []
    for count in units:
        if count > (found[-1] if found else 0.0):
            found.append(count)
    return found or [LEAST_INFORMATION]
