"""Words from numbers: what a study found, in sentences that a reader without statistics can repeat."""

from __future__ import annotations

from collections.abc import Mapping

from impact_pipeline.decisions.base import Decision
from impact_pipeline.estimators.base import Estimate, Grade, Interval, NotEstimable, Reason, Result
from impact_pipeline.kpis.base import Impact, NoImpact
from impact_pipeline.reports.formatting import (
    PERCENT,
    Shown,
    Unit,
    capitalised,
    count,
    fixed,
    money,
    shown,
    uncapitalised,
    unit_of,
    visible,
)
from impact_pipeline.reports.look import Look, Tone

REASONS: Mapping[Reason, str] = {
    Reason.TOO_FEW_UNITS: "an arm has too few units",
    Reason.TOO_FEW_CLUSTERS: "an arm has too few clusters",
    Reason.MIXED_CLUSTERS: "clusters hold several arms",
    Reason.EMPTY_ARM: "an arm has no units to compare",
    Reason.ZERO_VARIANCE: "its uncertainty cannot be told",
    Reason.DENOMINATOR_NEAR_ZERO: "the denominator is too close to zero",
    Reason.QUANTILE_BEYOND_DATA: "the quantile lies beyond what so few values can tell",
    Reason.WINDOW_NOT_CLOSED: "no outcome window has closed yet",
    Reason.MEASURE_UNDEFINED: "the measure has no finite value in some rows",
    Reason.DEFINITION_BROKEN: "the definition of the metric has a fault",
    Reason.COLLINEAR: "one column says nothing that others do not",
    Reason.UNBOUNDED_INTERVAL: "no bounded interval exists",
    Reason.NO_PRE_PERIOD: "nothing was seen before the change",
    Reason.TOO_FEW_PERIODS: "too few periods were seen",
    Reason.MISSING_CELLS: "units miss in some periods",
    Reason.TREATMENT_SWITCHES_OFF: "the treatment of some units ends again",
    Reason.NO_OVERLAP: "treated units have no comparable untreated ones",
    Reason.NO_SUPPORT: "the log never saw what the new policy would do",
    Reason.NOT_IDENTIFIED: "the data do not tell the effect apart from others",
    Reason.POOR_FIT: "the method cannot foretell what happened before the change",
    Reason.BLINDED: "withheld until the planned look",
    Reason.WITHHELD: "it would tell of too few",
    Reason.NO_ESTIMATOR: "no estimator fits this design and this kind of metric",
}
GRADES: Mapping[Grade, str] = {
    "A": "randomised and clean",
    "B": "randomised, with a repair or a warning",
    "C": "quasi-experiment with its checks passed",
    "D": "a check failed",
}
TONE_WORDS: Mapping[Tone, str] = {"better": "better", "worse": "worse", "unclear": "no clear change"}


def headline(look: Look) -> str:
    """The verdict and why: the key effect where it decides, the first reason where something else does."""
    verdict = look.card.verdict
    by_effect = verdict.decision in (Decision.SHIP, Decision.INCONCLUSIVE) and look.key is not None
    why = (
        effect(look, look.key)
        if by_effect and look.key
        else uncapitalised(next(iter(verdict.reasons), "no reason given"))
    )
    explores = " (exploratory)" if verdict.exploratory else ""
    return f"{capitalised(verdict.decision)}{explores}: {visible(why).rstrip('.')}"


def effect(look: Look, result: Result) -> str:
    """A result as a clause: 'orders per user rose by 10.2 % (95 % interval 7.1 % to 13.3 %)'."""
    label = uncapitalised(visible(look.label(result.metric, result.contrast)))
    if isinstance(result, NotEstimable):
        cannot = "is not told" if result.withheld else "cannot be estimated"
        return f"{label} {cannot}: {refusal(result)}"
    if result.relative is not None:
        return f"{label} {_change(result.relative.value, result.relative.interval, PERCENT)}"
    return f"{label} {_change(result.value, result.interval, unit_of(look.metric(result.metric)))}"


def sentence(look: Look, result: Result) -> str:
    """A result as a sentence that also says whether the change is for the better."""
    clause = effect(look, result)
    if isinstance(result, Estimate):
        tone = look.tone(result.metric, displayed_interval(result))
        clause += "" if tone == "unclear" else f", which is {TONE_WORDS[tone]}"
    return f"{capitalised(clause)}."


def refusal(result: NotEstimable) -> str:
    """Why a number is missing, in plain English."""
    detail = visible(result.detail).rstrip(".")
    if detail and result.withheld:
        return detail
    return f"{REASONS[result.reason]} ({detail})" if detail else REASONS[result.reason]


def displayed_interval(estimate: Estimate) -> Interval:
    """The interval that words are chosen by: of the relative effect where there is one."""
    return estimate.interval if estimate.relative is None else estimate.relative.interval


def impact_sentence(impact: Impact | NoImpact, entity: str) -> str:
    """The money of a study, with what it was computed from."""
    if isinstance(impact, NoImpact):
        return f"No amount of money: {visible(impact.detail).rstrip('.')}."
    amount = money(impact.amount, impact.interval, impact.currency)
    volume = count(round(impact.units_per_day))
    return (
        f"Treating every {entity} for {impact.horizon_days} days would bring {amount}, at {volume} {entity}s a day and "
        f"{fixed(impact.value_per_unit, 2)} {impact.currency} for each unit of the effect."
    )


def interim(look: Look) -> str:
    """What kind of look this is."""
    if look.until is not None:
        return f"Blinded look: direction is withheld until the planned look, on {look.until}."
    if look.card.verdict.exploratory:
        return f"Exploratory look, which decides nothing: {visible('; '.join(look.card.verdict.exploratory))}."
    if look.card.verdict.final and look.card.as_of < look.study.planned_look:
        return "Decided before the planned look, as the plan's looks allow."
    if look.card.verdict.final:
        return "Final look: every window has closed."
    return f"Interim look: the planned look is on {look.study.planned_look.isoformat()}."


def _change(value: float, interval: Interval, unit: Unit) -> str:
    if interval.lower > 0:
        return f"rose by {_in_words(value, interval, unit)}"
    if interval.upper < 0:
        fall = Interval(-interval.upper, -interval.lower, interval.level)
        return f"fell by {_in_words(-value, fall, unit)}"
    return f"did not clearly change: {shown(value, interval, unit, signed=True, in_words=True)}"


def _in_words(value: float, interval: Interval, unit: Unit) -> Shown:
    return shown(value, interval, unit, in_words=True)
