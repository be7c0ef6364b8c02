"""Assess one causal question: checks before the fit, the effects, checks and refuters after it, and the grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import CausalCheck, Checked
from impact_pipeline.diagnostics.causal.registry import CAUSAL_CHECKS
from impact_pipeline.estimators.base import Grade
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.sensitivity.registry import REFUTERS
from impact_pipeline.stats.refusal import Refusal

LOWERS = ("never_ship", "hold", "invalidate")
"""Consequences of a failed finding that leave a quasi-experiment with grade D."""

NO_ESTIMATOR = "none"


@dataclass(frozen=True, eq=False)
class Assessment:
    """What one design says of one outcome.

    The grade is C where every check passed, or could not be asked, and D where one failed. None: there is no number.
    """

    design: Any
    method: str
    effects: Effects
    findings: tuple[Finding, ...]
    exhibits: tuple[Exhibit, ...]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Failed findings that cost the grade."""
        return tuple(f for f in self.findings if f.passed is False and f.consequence in LOWERS)

    @property
    def grade(self) -> Grade | None:
        if isinstance(self.effects.main, Refusal):
            return None
        return "D" if self.failed else "C"


def assess(
    question: Question[Any, Any],
    *,
    checks: Sequence[CausalCheck] = CAUSAL_CHECKS,
    refuters: Sequence[CausalCheck] = REFUTERS,
) -> Assessment:
    """Everything the design says about the sample; the same again on repeat, whatever the number of threads.

    Without an estimator for the design's settings the main effect is refused, as it is by the estimator itself.
    """
    import scipy.linalg  # noqa: F401  # its BLAS has to be there before it can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        estimator = causal_estimator(question.design)
        if estimator is None:
            told = f"no estimator takes the settings of this {question.design.type} design"
            return refused(question.design, Refusal("not_identified", told))
        asked = [check for check in (*checks, *refuters) if question.design.type in check.designs]
        done = [_checked(check, question, None) for check in asked if not check.needs_fit]
        effects = estimator.effects(question)
        if not isinstance(effects.main, Refusal):
            done += [_checked(check, question, effects) for check in asked if check.needs_fit]
    shown = tuple(exhibit for one in done for exhibit in one.exhibits)
    return Assessment(
        question.design, estimator.name, effects, tuple(one.finding for one in done), (*effects.exhibits, *shown)
    )


def refused(design: Any, refusal: Refusal) -> Assessment:
    """The assessment of a design that cannot even be asked."""
    return Assessment(design, NO_ESTIMATOR, Effects(refusal), (), ())


def _checked(check: CausalCheck, question: Question[Any, Any], effects: Effects | None) -> Checked:
    """The check's answer with its question and what a pass means."""
    found = check.check(question, effects)
    return Checked(replace(found.finding, asks=check.asks, pass_means=check.pass_means), found.exhibits)
