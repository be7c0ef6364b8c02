"""What the page of a blinded study shows in place of effects: how far it has come, and how precise its answer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impact_pipeline.estimators.base import NotEstimable
from impact_pipeline.reports.formatting import capitalised, count
from impact_pipeline.reports.look import Look, Role
from impact_pipeline.reports.narrative import refusal


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """`units` with closed windows, by alias; `precision`, or why there is no estimate yet."""

    label: str
    role: Role
    method: str
    units: str
    precision: str


def precision_rows(look: Look) -> tuple[PrecisionRow, ...]:
    """One for each metric and contrast of a blinded study; none where numbers are shown."""
    return tuple(_row(look, result) for result in look.results if look.until and isinstance(result, NotEstimable))


def progress(look: Look) -> str:
    """How far a study is on its way to the planned look; nothing where it is not blinded."""
    if look.until is None:
        return ""
    starts, as_of = look.study.plan.starts, look.card.as_of
    days, all_days = (max((day - starts).days + 1, 0) for day in (as_of, look.until))
    enrolled = "enrolment goes on" if as_of < look.study.plan.ends else "enrolment has ended"
    units = count(sum(look.card.exposed_per_arm.values()))
    return f"day {days} of {all_days} to the planned look; {units} units exposed, {enrolled}"


def _row(look: Look, result: NotEstimable) -> PrecisionRow:
    shown = result.detail or f"{capitalised(refusal(result))}."
    label = look.label(result.metric, result.contrast)
    return PrecisionRow(label, look.role(result.metric), result.method, _units(result.n_per_arm), shown)


def _units(units: Mapping[str, int]) -> str:
    return ", ".join(f"{arm} {count(n)}" for arm, n in units.items())
