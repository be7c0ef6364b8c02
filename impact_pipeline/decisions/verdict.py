"""The verdict of a look: ship, hold, rollback, inconclusive or invalid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision, Verdict
from impact_pipeline.decisions.judgement import ArmJudgement, gain, judge_arms
from impact_pipeline.decisions.next_step import explored, roll_back, ship, stay
from impact_pipeline.diagnostics.base import Consequence, Finding
from impact_pipeline.estimators.base import Estimate, Grade
from impact_pipeline.estimators.sequence import decides
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.standing import BINDING, Standing

GRADE_OF: dict[Consequence, Grade] = {
    "none": "A", "lower_grade": "B", "never_ship": "D", "hold": "D", "invalidate": "D",
}  # fmt: skip

LOWER: tuple[Consequence, ...] = ("lower_grade", "never_ship")
"""Consequences that are told among the reasons, and stop no verdict by themselves."""


def decide(
    study: Study, estimates: StudyEstimates, findings: Sequence[Finding], as_of: date, standing: Standing = BINDING
) -> Verdict:
    """The plan's rule, in this order.

    1. A failed finding that invalidates: invalid. One that holds: hold, at the planned look too.
    2. At a look that may not decide by the plan's looks: hold, naming harm seen so far.
    3. Ship if an arm has a success metric shown better (the plan's correction, two-sided alpha), no success metric
       significantly worse, every guardrail non-inferior within its margin (one-sided alpha each: all of them must
       pass), every number there, and a grade on which the plan ships (never D).
    4. Rollback, unless the grade is D, if a success metric is shown worse, or a guardrail is significantly worse
       (Bonferroni) and not shown to stay within its margin. 5. Else inconclusive at the planned look, and hold before.

    Where the plan does not bind by its `standing`, the same rule is told for exploring, and the verdict is hold.
    Schultzberg, Ankargren, Frånberg (2024), arXiv 2402.11609, for the roles of alpha and margins.
    """
    verdict = _Writer(study, estimates, findings, as_of, standing)
    for consequence, decision in (("invalidate", Decision.INVALID), ("hold", Decision.HOLD)):
        failed = [f for f in findings if f.passed is False and f.consequence == consequence]
        if failed:
            return verdict.stopped(decision, failed)
    return verdict.judged() if decides(study, as_of) else verdict.too_early()


class _Writer:
    """Puts one look's decision into words."""

    def __init__(
        self, study: Study, estimates: StudyEstimates, findings: Sequence[Finding], as_of: date, standing: Standing
    ) -> None:
        self._study, self._estimates, self._findings, self._as_of = study, estimates, findings, as_of
        self._standing = standing
        self._arms = judge_arms(study, estimates)

    def stopped(self, decision: Decision, failed: Sequence[Finding]) -> Verdict:
        names = ", ".join(finding.diagnostic for finding in failed)
        next_step = f"Settle {names}, then look again: until then neither ship nor roll back on these numbers."
        if decision is Decision.INVALID:
            next_step = f"Use none of these numbers. Find the cause of {names}, mend it, and start a new study."
        return self._verdict(decision, [finding.sentence for finding in failed], next_step)

    def too_early(self) -> Verdict:
        look = self._study.planned_look
        harm = [f"Harm so far: {self._said(arm, m.sentence)}" for arm in self._arms for m in arm.metrics if m.harmed]
        next_step = f"Keep the arms as they are until the look on {look}."
        if harm:
            next_step = f"Look at the harm now; unless it is stopped, the look is on {look}."
        return self._verdict(Decision.HOLD, [f"The planned look is on {look}.", *harm], next_step)

    def judged(self) -> Verdict:
        winners = [arm for arm in self._arms if arm.ships]
        harmed = [arm.contrast.treatment for arm in self._arms if arm.harmed and arm.grade != "D"]
        if winners:
            best = max(winners, key=lambda arm: gain(self._study, arm))
            return self._verdict(Decision.SHIP, self._all_reasons(), ship(self._study.plan, best.contrast.treatment))
        if harmed:
            return self._verdict(Decision.ROLLBACK, self._all_reasons(), roll_back(self._study.plan, harmed))
        if self._as_of < self._study.planned_look:
            return self.too_early()
        capped = [arm.grade for arm in self._arms if self._only_grade_stops(arm)]
        next_step = stay(self._study.plan, min(capped, default=None))
        return self._verdict(Decision.INCONCLUSIVE, self._all_reasons(), next_step)

    def _only_grade_stops(self, arm: ArmJudgement) -> bool:
        """Whether a better grade would have decided."""
        return (arm.would_ship and arm.grade > arm.ships_on) or (arm.harmed and arm.grade == "D")

    def _all_reasons(self) -> list[str]:
        """Harm stands first, for headlines quote a verdict's first reason; before it a grade that alone stops it."""
        judged = sorted(((a, m) for a in self._arms for m in a.metrics), key=lambda pair: not pair[1].harmed)
        said = [self._said(arm, metric.sentence) for arm, metric in judged]
        capped = [self._said(arm, self._cap(arm)) for arm in self._arms if arm.grade > arm.ships_on]
        if any(self._only_grade_stops(arm) for arm in self._arms) and not any(arm.ships for arm in self._arms):
            said, capped = [*capped, *said], []
        repairs = [f.sentence for f in self._findings if f.passed is False and f.consequence in LOWER]
        return [*said, *capped, *repairs, *self._left_out()]

    def _cap(self, arm: ArmJudgement) -> str:
        if arm.grade == "D":
            return "Evidence of grade D never ships."
        allowed = f"the plan ships on grade {arm.ships_on} or better"
        return f"Evidence of grade {arm.grade} does not ship here: {allowed}."

    def _left_out(self) -> list[str]:
        counted = (m.result for arm in self._arms for m in arm.metrics if isinstance(m.result, Estimate))
        notes = dict.fromkeys(note for result in counted for note in result.notes)
        return [f"{note[:1].upper()}{note[1:]}." for note in notes]

    def _said(self, arm: ArmJudgement, sentence: str) -> str:
        return f"{arm.contrast.treatment}: {sentence}" if len(self._arms) > 1 else sentence

    def _verdict(self, decision: Decision, reasons: Sequence[str], next_step: str) -> Verdict:
        grades: list[Grade] = [arm.grade for arm in self._arms]
        grades += [GRADE_OF[finding.consequence] for finding in self._findings if finding.passed is False]
        why = self._standing.exploratory
        final = not why and (self._estimates.final or decision in (Decision.SHIP, Decision.ROLLBACK))
        told, would_be = (*reasons, *(f"Exploratory: {clause}." for clause in why)), None
        if why and decision in (Decision.SHIP, Decision.ROLLBACK, Decision.INCONCLUSIVE):
            next_step, would_be = explored(harmed=decision is Decision.ROLLBACK), decision
            told = (f"Would be {decision} if the plan were bound.", *told)
        return Verdict(
            self._study.name, self._as_of, final, Decision.HOLD if would_be else decision, told, next_step,
            max(grades, default="A"), why, self._standing.deviations, would_be,
            tuple(self._alerts()),
        )  # fmt: skip

    def _alerts(self) -> Iterator[str]:
        judged = ((arm, metric) for arm in self._arms for metric in arm.metrics)
        yield from (self._said(arm, m.sentence) for arm, m in judged if m.harmed and m.use.role == "guardrail")
