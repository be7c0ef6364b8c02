"""From two means to results: the one place where an estimate gets its interval, p-value, lift and margin test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Estimate, Interval, NonInferiority, NotEstimable, Reason, Relative, Result
from impact_pipeline.estimators.question import ESTIMANDS, NO_UNIT_DIFFERS, Answer, Mask, Question, Refusal
from impact_pipeline.outcomes.cells import Group
from impact_pipeline.stats.intervals import Difference, Lift, NoLift, difference, lift
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.non_inferiority import MarginTest, absolute_margin_test, relative_margin_test

ESTIMAND = ESTIMANDS["exposed"]


@dataclass(frozen=True, slots=True)
class Effects:
    """All numbers of a question, group by group; `refused` holds the place of the first refusal, -1 where none."""

    difference: Difference
    lift: Lift
    margin: MarginTest | None
    refusals: tuple[Refusal, ...]
    refused: NDArray[np.int64]


def effects_of(question: Question, answer: Answer, before: Sequence[Refusal] = ()) -> Effects:
    """Interval, p-value, lift and margin test of every group; `before` are refusals that come before the method's."""
    n = np.add(*question.units)
    only = question.interval_only
    found = difference(answer.means, question.alpha, n, question.inference, interval_only=only)
    constant = np.atleast_1d(np.asarray(found.std_error) == 0)
    refusals = (*before, *answer.refusals, *_without_interval(constant, found.critical_value))
    masks = np.array([np.broadcast_to(refusal.mask, constant.shape) for refusal in refusals])
    refused = np.where(masks.any(axis=0), masks.argmax(axis=0), -1)
    return Effects(found, lift(answer.means, found.critical_value), _margin(question, answer, n), refusals, refused)


def _without_interval(constant: Mask, critical_value: Real) -> tuple[Refusal, Refusal]:
    told = (
        "the plan's looks leave nothing of alpha for this one: next to no units are in yet, or earlier looks spent it"
    )
    unbounded = np.atleast_1d(np.isinf(critical_value))
    return (
        Refusal(Reason.ZERO_VARIANCE, constant, lambda _: NO_UNIT_DIFFERS),
        Refusal(Reason.UNBOUNDED_INTERVAL, unbounded, lambda _: told),
    )


def _margin(question: Question, answer: Answer, n: Real) -> MarginTest | None:
    margin = question.margin
    if margin is None or question.interval_only:
        return None
    test, size = (
        (absolute_margin_test, margin.absolute)
        if margin.absolute is not None
        else (relative_margin_test, margin.relative)
    )
    assert size is not None
    return test(answer.means, size, question.alpha, n, better=question.better, inference=question.inference)


def results(
    metric: str,
    question: Question,
    answer: Answer,
    effects: Effects,
    groups: Sequence[Group],
    notes: Callable[[int], tuple[str, ...]],
    closed: Callable[[int], dict[str, int]],
) -> Iterator[Result]:
    """Each group's estimate, or the reason why it has none; `closed` counts the units of a group by arm."""
    told = _Told(metric, question, answer, effects, question.units)
    for place, group in enumerate(groups):
        refused = effects.refused[place]
        if refused >= 0:
            yield told.refusal(place, group, effects.refusals[refused], closed(place))
        else:
            yield told.estimate(place, group, notes(place))


@dataclass(frozen=True, slots=True)
class _Told:
    metric: str
    question: Question
    answer: Answer
    effects: Effects
    units: tuple[Real, Real]

    def refusal(self, place: int, group: Group, refusal: Refusal, units: dict[str, int]) -> NotEstimable:
        contrast, variant = self.question.contrast, self.question.reading.variant
        method, detail = self.answer.method, refusal.detail(place)
        return NotEstimable(self.metric, contrast, group, method, refusal.reason, detail, units, variant)

    def estimate(self, place: int, group: Group, notes: tuple[str, ...]) -> Estimate:
        contrast, found, means = self.question.contrast, self.effects.difference, self.answer.means
        level = 1 - self.question.alpha
        treatment_units, control_units = (int(_at(units, place)) for units in self.units)
        lift, ratio = self.effects.lift, self.answer.variance_ratio
        return Estimate(
            metric=self.metric,
            contrast=contrast,
            segment=group,
            method=self._method(place),
            estimand=self.question.estimand,
            value=_at(found.value, place),
            std_error=_at(found.std_error, place),
            interval=Interval(_at(found.lower, place), _at(found.upper, place), level),
            p_value=_at(found.p_value, place),
            degrees_of_freedom=_finite(found.degrees_of_freedom, place),
            means={contrast.control: _at(means.control, place), contrast.treatment: _at(means.treatment, place)},
            n_per_arm={contrast.control: control_units, contrast.treatment: treatment_units},
            relative=self._relative(lift, place, level),
            relative_refused=_no_lift(lift, place, level),
            variance_ratio=None if ratio is None else _finite(ratio, place),
            non_inferiority=self._non_inferiority(place, level),
            notes=notes,
            grade="B" if notes else "A",
            inference=self.question.inference.name,
            variant=self.question.reading.variant,
            cap=self.question.cap,
        )

    def _method(self, place: int) -> str:
        """A group of several strata says so."""
        elsewhere, other = self.answer.otherwise or (False, "")
        method = other if _at(elsewhere, place) else self.answer.method
        counted = sum(bool(_at(stratum.weight, place) > 0) for stratum in self.question.strata)
        return f"{method}, post-stratified by {self.question.stratified_by}" if counted > 1 else method

    def _relative(self, found: Lift, place: int, level: float) -> Relative | None:
        if _at(found.refused, place) != NoLift.NONE:
            return None
        return Relative(_at(found.value, place), Interval(_at(found.lower, place), _at(found.upper, place), level))

    def _non_inferiority(self, place: int, level: float) -> NonInferiority | None:
        test, margin = self.effects.margin, self.question.margin
        if test is None or margin is None or np.isnan(_at(test.p_value, place)):
            return None
        return NonInferiority(
            _size(margin), margin.relative is not None, _at(test.p_value, place), _finite(test.bound, place), level
        )


def _size(margin: Margin) -> float:
    return margin.relative if margin.relative is not None else float(margin.absolute or 0)


def _no_lift(found: Lift, place: int, level: float) -> str | None:
    match int(_at(found.refused, place)):
        case NoLift.CONTROL_NOT_POSITIVE:
            return "the control mean is not above 0"
        case NoLift.UNBOUNDED:
            clear = f"the control mean is not clearly above 0 (at level {level:g})"
            return f"{clear}, so a lift over it has no bounded interval"
    return None


def _at(values: Any, place: int) -> float:
    """One group's number; one that all groups share is the same for each."""
    return float(values[place]) if isinstance(values, np.ndarray) and values.ndim else float(values)


def _finite(values: Any, place: int) -> float | None:
    number = _at(values, place)
    return number if np.isfinite(number) else None
