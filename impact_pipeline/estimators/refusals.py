"""What must be true of a sample before any estimator's answer is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.estimators.base import Contrast, Reason
from impact_pipeline.estimators.question import Question, Refusal

Counts = Mapping[str, NDArray[np.int64]]
"""Arm -> units of each group."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Units of one contrast: exposed, and with a closed window in strata that can be used or not; by arm and group."""

    name: str
    contrast: Contrast
    exposed: Counts
    closed: Counts
    undefined_rows: int
    last_day: int
    fewest: int

    @property
    def arms(self) -> tuple[str, str]:
        return self.contrast.control, self.contrast.treatment

    @property
    def groups(self) -> int:
        return len(self.closed[self.contrast.control])


def refusals(measured: Measured, question: Question, notes: Callable[[int], tuple[str, ...]]) -> tuple[Refusal, ...]:
    """Reasons why there is no number, in the order in which the first that holds is told."""
    treatment, control = (np.broadcast_to(units, (measured.groups,)) for units in question.units)
    counted = {question.contrast.control: control, question.contrast.treatment: treatment}
    return (
        _undefined(measured),
        *_empty(measured),
        *_too_few(measured, measured.closed),
        _not_comparable(counted, notes),
        *_too_few(measured, counted),
    )


def _undefined(measured: Measured) -> Refusal:
    rows = measured.undefined_rows
    count = "1 row has" if rows == 1 else f"{rows} rows have"
    detail = f"{count} no finite value of '{measured.name}' (a division by zero, say)"
    told = f"{detail}; filter such rows or mend the measure"
    return Refusal(Reason.MEASURE_UNDEFINED, np.full(measured.groups, rows > 0), lambda _: told)


def _empty(measured: Measured) -> Iterator[Refusal]:
    for arm in measured.arms:
        exposed, closed = measured.exposed[arm], measured.closed[arm]
        yield Refusal(Reason.EMPTY_ARM, exposed == 0, lambda _, arm=arm: f"no unit was exposed to '{arm}'")  # type: ignore[misc]

        def waiting(group: int, arm: str = arm, exposed: NDArray[np.int64] = exposed) -> str:
            detail = f"it has closed for none of the {_counted(exposed[group], 'unit')} of '{arm}'"
            return f"the window ends {_counted(measured.last_day, 'day')} after exposure; {detail}"

        yield Refusal(Reason.WINDOW_NOT_CLOSED, closed == 0, waiting)


def _too_few(measured: Measured, units: Counts) -> Iterator[Refusal]:
    for arm in measured.arms:

        def few(group: int, arm: str = arm) -> str:
            found = _counted(units[arm][group], "unit")
            return f"'{arm}' has {found}; the plan asks for {measured.fewest} in each arm"

        yield Refusal(Reason.TOO_FEW_UNITS, units[arm] < measured.fewest, few)


def _not_comparable(counted: Counts, notes: Callable[[int], tuple[str, ...]]) -> Refusal:
    none = np.logical_and.reduce([units == 0 for units in counted.values()])
    return Refusal(Reason.EMPTY_ARM, none, lambda group: f"no phase has units of both arms: {'; '.join(notes(group))}")


def _counted(count: float, thing: str) -> str:
    return f"1 {thing}" if count == 1 else f"{int(count)} {thing}s"
