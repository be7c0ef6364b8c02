"""What the whole decision rule will do at the planned look: how often it ships what is good, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.plan import GuardrailUse
from impact_pipeline.planning.correlation import Compared, correlation_of
from impact_pipeline.planning.enrolment import Enrolment, treatment_arms
from impact_pipeline.planning.history import History
from impact_pipeline.planning.metric_plan import MetricPlan
from impact_pipeline.stats.comparison import Comparison
from impact_pipeline.stats.decision_plan import DecisionPlan, GuardrailTest, SuccessTest
from impact_pipeline.stats.decision_power import DecisionPower, decision_power, unlikely_branches
from impact_pipeline.stats.power import NoPlan


@dataclass(frozen=True, slots=True)
class DecisionOutlook:
    """`assumed` names success metrics without an expected effect: of them a good change has the least one shown."""

    plan: DecisionPlan
    chances: DecisionPower
    correlated: bool
    assumed: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        return unlikely_branches(self.chances)


def decision_outlook(
    study: Study, history: History, plans: Sequence[MetricPlan], enrolment: Enrolment
) -> DecisionOutlook | NoPlan:
    """Looks before the planned one are not counted. Simulations are seeded by the plan's digest."""
    tests = [(plan, test) for plan in plans if (test := _test(plan, enrolment)) is not None]
    success = [(plan, test) for plan, test in tests if isinstance(test, SuccessTest)]
    guardrails = [(plan, test) for plan, test in tests if isinstance(test, GuardrailTest)]
    if not success:
        return NoPlan("no success metric can be planned, and nothing ships without one")
    ordered = [plan for plan, _ in (*success, *guardrails)]
    correlation = _correlation(history, ordered)
    treatment, control = enrolment.planned.shares
    rule = study.plan.decision
    whole = DecisionPlan(
        tuple(test for _, test in success), tuple(test for _, test in guardrails), rule.alpha, rule.correction,
        correlation, len(treatment_arms(study.plan)), treatment / (treatment + control),
        ordered[0].test.looks.inference, enrolment.planned.units * (treatment + control),
    )  # fmt: skip
    rng = np.random.default_rng(int(digest(study.plan)[:16], 16))
    named = {plan.use.name for plan in ordered}
    deciding = [use.name for use in study.uses if use.role in ("success", "guardrail")]
    return DecisionOutlook(
        whole, decision_power(whole, rng), correlation is not None,
        tuple(plan.use.name for plan, _ in success if plan.sought is None),
        tuple(name for name in deciding if name not in named),
    )  # fmt: skip


def _test(plan: MetricPlan, enrolment: Enrolment) -> SuccessTest | GuardrailTest | None:
    units, shares = enrolment.planned.units, enrolment.planned.shares
    sought = plan.test.sought
    amount = sought.amount if sought.amount is not None else _least(plan)
    if plan.use.role not in ("success", "guardrail") or amount is None or isinstance(plan.power, NoPlan):
        return None
    with_effect = sought.comparison(amount, units, shares)
    degrees = with_effect.degrees_of_freedom(units) if plan.baseline.student else np.inf
    if not isinstance(plan.use, GuardrailUse):
        return SuccessTest(plan.use.name, amount, with_effect.std_error(units), degrees)
    untouched: Comparison = plan.baseline.comparison(units, shares)
    harm = None if plan.use.harm is None else plan.use.harm.of_mean(plan.baseline.mean)
    return GuardrailTest(
        plan.use.name, amount, untouched.std_error(units), harm=harm, margin_std_error=with_effect.std_error(units),
        degrees_of_freedom=degrees,
    )  # fmt: skip


def _least(plan: MetricPlan) -> float | None:
    return None if isinstance(plan.minimal, NoPlan) else plan.minimal.absolute


def _correlation(history: History, plans: Sequence[MetricPlan]) -> tuple[tuple[float, ...], ...] | None:
    """None where there is but one test, or no unit that counts for every metric.

    Nor of blocks: units correlate by the levels of their regions and periods, which the estimator takes out.
    """
    together = history.past.together
    if together is None or together.n < 2 or len(plans) < 2 or plans[0].baseline.blocks is not None:
        return None
    columns = {one.metric.name: one for one in history.past.variables.columns if one.reading.variant == ""}
    compared = [
        Compared(columns[plan.use.name], plan.baseline.variance_ratio is not None, plan.test.sought.better)
        for plan in plans
    ]
    found = correlation_of(compared, together)
    return tuple(tuple(map(float, row)) for row in found)
