"""Success metrics and arms as one family: corrected p-values, and intervals of the same methods that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from impact_pipeline.estimators.base import Contrast, Estimate, Interval, Result
from impact_pipeline.estimators.look import Look, Subject, results_of
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.multiplicity import corrected


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One success metric and arm after the plan's correction; a number that is missing counts as a test.

    The intervals, of the difference and of the lift, are computed anew at the level that goes with the correction: all
    of them hold at once, or, under a Benjamini procedure, but an expected share of alpha of those rejected. None where
    there is no estimate, or nothing of alpha is left for it.
    """

    metric: str
    contrast: Contrast
    adjusted_p_value: float
    rejected: bool
    interval: Interval | None
    relative: Interval | None


def family_of(look: Look, asked: Sequence[tuple[Subject | None, Result]]) -> tuple[FamilyMember, ...]:
    """The members in the order given, each with its own result over all units; a broken metric has no subject."""
    rule = look.study.plan.decision
    p_values = [result.p_value if isinstance(result, Estimate) else 1.0 for _, result in asked]
    found = corrected(p_values, rule.alpha, rule.correction)
    alpha = 1 - found.interval_level
    return tuple(
        _member(look, subject, result, p_value, rejected, alpha)
        for (subject, result), p_value, rejected in zip(asked, found.adjusted, found.rejected, strict=True)
    )


def _member(
    look: Look, subject: Subject | None, result: Result, p_value: float, rejected: bool, alpha: float
) -> FamilyMember:
    again: Result | None = None
    if subject is not None and isinstance(result, Estimate) and alpha > 0:
        [again] = results_of(look, replace(subject, alpha=alpha), [ALL_UNITS])
    known = again if isinstance(again, Estimate) else None
    lift = known.relative.interval if known and known.relative else None
    interval = known.interval if known else None
    return FamilyMember(result.metric, result.contrast, p_value, rejected, interval, lift)
