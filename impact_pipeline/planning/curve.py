"""The least effect of each deciding metric by how many weeks a study enrols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impact_pipeline.planning.enrolment import Enrolment
from impact_pipeline.planning.metric_plan import DECIDING, Amount, MetricPlan, amount_of
from impact_pipeline.stats.duration import WEEK
from impact_pipeline.stats.power import NoPlan

WEEKS = tuple(range(1, 9))


@dataclass(frozen=True, slots=True)
class CurvePoint:
    weeks: int
    units: float
    minimal: Amount | NoPlan


@dataclass(frozen=True, slots=True)
class Curve:
    """By weeks of enrolment, when the last window has closed: what is shown with the power planned for."""

    plan: MetricPlan
    points: tuple[CurvePoint, ...]


def curves(plans: Sequence[MetricPlan], enrolment: Enrolment) -> tuple[Curve, ...]:
    return tuple(_curve(plan, enrolment) for plan in plans if plan.use.role in DECIDING)


def _curve(plan: MetricPlan, enrolment: Enrolment) -> Curve:
    points = []
    for weeks in WEEKS:
        enrolled = enrolment.at(WEEK * weeks)
        found = plan.test.minimal_effect(enrolled)
        minimal = found if isinstance(found, NoPlan) else amount_of(found, plan.baseline)
        points.append(CurvePoint(weeks, enrolled.units, minimal))
    return Curve(plan, tuple(points))
