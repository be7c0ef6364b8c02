"""Answers to questions that need no data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Literal

from impact_pipeline.analysis.planning_questions import (
    GroupSequentialBoundsQuestion,
    MeanOutcome,
    MinimalEffectQuestion,
    Outcome,
    PlanningQuestion,
    PowerQuestion,
    ProportionOutcome,
    RuleOfSixteenQuestion,
    UnitsNeededQuestion,
)
from impact_pipeline.errors import InputError
from impact_pipeline.stats.comparison import Comparison, proportions
from impact_pipeline.stats.inference import SPENDING, upper_tail
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.sample_size import (
    Rejection,
    minimal_effect_at,
    minimal_effect_where,
    power_at,
    rule_of_sixteen,
    units_needed,
)
from impact_pipeline.stats.unit_variance import proportion_variance

Tested = PowerQuestion | UnitsNeededQuestion | MinimalEffectQuestion
NO_EFFECT = "no number of units finds an effect of 0: name the least one worth knowing"
WANG_TSIATIS_SHAPE = {"pocock": 0.5, "obrien_fleming": 0.0}


@dataclass(frozen=True, slots=True)
class LookBound:
    """The statistic to exceed at a look (None where a look may spend nothing), and the p-value that it stands for."""

    look: int
    information: float
    statistic: float | None
    nominal_p_value: float


@dataclass(frozen=True, slots=True)
class PlanningAnswer:
    """What a question asked for stands in its field; `detail` says why there is no number.

    `units_per_arm` is not rounded, `treatment_units` and `control_units` are, upwards. `constant` is C of bounds
    `C (k / looks)^(shape - 1/2)`.
    """

    name: str
    question: Literal["power", "units_needed", "minimal_effect", "rule_of_sixteen", "group_sequential_bounds"]
    power: float | None = None
    units_per_arm: float | None = None
    treatment_units: int | None = None
    control_units: int | None = None
    minimal_effect: float | None = None
    constant: float | None = None
    bounds: tuple[LookBound, ...] = ()
    detail: str | None = None


def planned(questions: Sequence[PlanningQuestion]) -> tuple[PlanningAnswer, ...]:
    """One answer for each question, in their order.

    >>> from impact_pipeline.analysis.planning_questions import MeanOutcome
    >>> outcome = MeanOutcome(type="mean", std_dev=1.0)
    >>> asked = PowerQuestion(type="power", name="p", outcome=outcome, units_per_arm=20, effect=1.0)
    >>> round(planned([asked])[0].power, 4)
    0.869
    """
    return tuple(_answer(question, f"planning.{place}") for place, question in enumerate(questions))


def _answer(question: PlanningQuestion, place: str) -> PlanningAnswer:
    match question:
        case GroupSequentialBoundsQuestion():
            return _bounds(question)
        case RuleOfSixteenQuestion():
            return _rule_of_sixteen(question)
        case PowerQuestion():
            return _power(question, place)
        case UnitsNeededQuestion():
            return _units(question, place)
    return _minimal_effect(question)


def _power(question: PowerQuestion, place: str) -> PlanningAnswer:
    comparison, units = _comparison(question, question.effect, place), 2 * question.units_per_arm
    if units < comparison.least_units:
        told = f"{comparison.least_units / 2:g} units in each arm are the fewest"
        return PlanningAnswer(question.name, question.type, detail=told)
    return PlanningAnswer(
        question.name, question.type, power=power_at(units, question.effect, comparison, _rejection(question))
    )


def _rule_of_sixteen(question: RuleOfSixteenQuestion) -> PlanningAnswer:
    if question.effect == 0:
        return PlanningAnswer(question.name, question.type, detail=NO_EFFECT)
    outcome = question.outcome
    variance = outcome.std_dev**2 if isinstance(outcome, MeanOutcome) else proportion_variance(outcome.control)
    return PlanningAnswer(question.name, question.type, units_per_arm=rule_of_sixteen(variance, question.effect))


def _units(question: UnitsNeededQuestion, place: str) -> PlanningAnswer:
    comparison = _comparison(question, question.effect, place)
    found = units_needed(question.effect, comparison, question.power, _rejection(question))
    if isinstance(found, NoPlan):
        return PlanningAnswer(question.name, question.type, detail=found.detail)
    treatment, control = (ceil(found * share - 1e-9) for share in (question.treatment_share, _control_share(question)))
    return PlanningAnswer(
        question.name, question.type, units_per_arm=found / 2, treatment_units=treatment, control_units=control
    )


def _minimal_effect(question: MinimalEffectQuestion) -> PlanningAnswer:
    outcome, units, rejection = question.outcome, 2 * question.units_per_arm, _rejection(question)
    if isinstance(outcome, MeanOutcome):
        found = minimal_effect_at(units, _comparison(question, 0.0, ""), question.power, rejection)
    else:
        largest = (1 - outcome.control) * (1 - 1e-9)
        found = minimal_effect_where(
            units, lambda effect: _comparison(question, effect, ""), largest, question.power, rejection
        )
    if isinstance(found, NoPlan):
        return PlanningAnswer(question.name, question.type, detail=found.detail)
    return PlanningAnswer(question.name, question.type, minimal_effect=found)


def _comparison(question: Tested, effect: float, place: str) -> Comparison:
    outcome: Outcome = question.outcome
    shares = question.treatment_share, _control_share(question)
    if isinstance(outcome, MeanOutcome):
        return Comparison((outcome.treatment_std_dev or outcome.std_dev) ** 2, outcome.std_dev**2, *shares)
    rate = outcome.control + effect
    if not 0 < rate < 1:
        told = f"control {outcome.control:g} and effect {effect:g} give treatment a share of {rate:g}"
        raise InputError(f"{place}.effect: {told}; shares lie between 0 and 1")
    return proportions(rate, outcome.control, *shares, pooled=outcome.pooled)


def _control_share(question: Tested) -> float:
    return 1 - question.treatment_share


def _rejection(question: Tested) -> Rejection:
    pooled = isinstance(question.outcome, ProportionOutcome) and question.outcome.pooled
    return Rejection(question.alpha, question.sides, student=not pooled)


def _bounds(question: GroupSequentialBoundsQuestion) -> PlanningAnswer:
    from impact_pipeline.stats.group_sequential import spending_bounds, wang_tsiatis_bounds

    looks = question.looks or len(question.information)
    information = question.information or tuple(look / looks for look in range(1, looks + 1))
    constant = question.bounds == "constant"
    if constant:
        shape = WANG_TSIATIS_SHAPE[question.rule]
        found = wang_tsiatis_bounds(looks, question.alpha, shape, sides=question.sides)
    else:
        found = spending_bounds(information, SPENDING[question.rule], question.alpha, sides=question.sides)
    bounds = tuple(
        LookBound(look, share, None if z == inf else z, question.sides * float(upper_tail(z, inf)))
        for look, (share, z) in enumerate(zip(information, found, strict=True), start=1)
    )
    return PlanningAnswer(question.name, question.type, constant=found[-1] if constant else None, bounds=bounds)
