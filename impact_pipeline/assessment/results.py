"""The answer of a ladder as the result that every design has: an estimate, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.assessment.ladder import Ladder, Rung
from impact_pipeline.causal.base import Effect
from impact_pipeline.estimators.base import (
    NO_LIFT,
    Contrast,
    Estimate,
    Interval,
    NonInferiority,
    NotEstimable,
    Reason,
    Relative,
    Result,
)
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.refusal import Refusal

TREATED = Contrast("treated", "untreated")
"""The two worlds that causal designs compare: with the change, and without it."""

NO_RELATIVE = "no lift: the outcome without the change is not above 0 over the whole interval"
NO_MEANS = "no lift: this method tells a difference, and no mean without the change"


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse the outcome may be, as a share of what it would have been, or in its own unit."""

    size: float
    relative: bool
    higher_is_better: bool


def result_of(metric: str, ladder: Ladder, alpha: float, margin: Margin | None = None, *, lift: bool = True) -> Result:
    """The main effect of the design that answers; of a fallback, its notes say which design was asked first."""
    rung = ladder.answer
    main, found = rung.assessment.effects.main, rung.assessment.effects
    if isinstance(main, Refusal):
        return _refused(metric, rung, main.reason, main.detail)
    if main.p_value is None:
        return _refused(metric, rung, "not_identified", f"{main.method} tells no p-value, so that nothing is tested")
    relative, why = _relative(main, 1 - alpha) if lift else (None, NO_LIFT)
    means = {} if main.treated is None or main.untreated is None else _means(main.treated, main.untreated)
    return Estimate(
        metric, TREATED, ALL_UNITS, main.method, main.estimand, main.value, main.std_error,
        Interval(main.lower, main.upper, 1 - alpha), main.p_value, main.degrees_of_freedom, means, dict(found.counts),
        relative, why, non_inferiority=None if margin is None else non_inferiority(main, margin, alpha),
        notes=(*found.notes, *_first_asked(ladder)), grade=rung.grade or "D",
    )  # fmt: skip


def non_inferiority(effect: Effect, margin: Margin, alpha: float) -> NonInferiority | None:
    """The one-sided test from the same standard error; None where the method has none, or no mean for a share.

    A relative margin is a share of the outcome as it would have been without the change, which is taken as known.
    """
    base = 1.0 if not margin.relative else effect.untreated
    if effect.std_error is None or base is None or base <= 0:
        return None
    better = 1 if margin.higher_is_better else -1
    degrees = effect.degrees_of_freedom or float("inf")
    p_value = float(upper_tail((better * effect.value + margin.size * base) / effect.std_error, degrees))
    bound = effect.value - better * float(quantile(1 - alpha, degrees)) * effect.std_error
    return NonInferiority(margin.size, margin.relative, p_value, bound / base, 1 - alpha)


def _means(treated: float, untreated: float) -> dict[str, float]:
    return {TREATED.treatment: treated, TREATED.control: untreated}


def _relative(effect: Effect, level: float) -> tuple[Relative | None, str | None]:
    """The treated's outcome y is what it was, so that the lift `e / (y - e)` rises with the effect e alone."""
    if effect.treated is None:
        return None, NO_MEANS
    without = [effect.treated - bound for bound in (effect.lower, effect.value, effect.upper)]
    if min(*without, effect.treated) <= 0:
        return None, NO_RELATIVE
    lower, value, upper = (e / w for e, w in zip((effect.lower, effect.value, effect.upper), without, strict=True))
    return Relative(value, Interval(lower, upper, level)), None


def _first_asked(ladder: Ladder) -> tuple[str, ...]:
    if ladder.chosen == 0:
        return ()
    first = ladder.rungs[0].assessment
    main = first.effects.main
    failed = " ".join(finding.sentence for finding in first.failed)
    told = main.detail if isinstance(main, Refusal) else failed
    return (f"the first design, {first.design.type.replace('_', ' ')}, does not stand: {told.rstrip('.')}",)


def _refused(metric: str, rung: Rung, reason: str, detail: str) -> NotEstimable:
    counts = dict(rung.assessment.effects.counts)
    return NotEstimable(metric, TREATED, ALL_UNITS, rung.assessment.method, Reason(reason), detail, counts)
