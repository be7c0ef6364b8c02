"""A power plan as plain values for machines; the fields are documented in docs/planning.md."""

from __future__ import annotations

from typing import Any

from impact_pipeline.planning.baseline import Baseline
from impact_pipeline.planning.curve import Curve
from impact_pipeline.planning.decision_outlook import DecisionOutlook
from impact_pipeline.planning.enrolment import Enrolment
from impact_pipeline.planning.history import History
from impact_pipeline.planning.metric_plan import Amount, MetricPlan, Needed, NoMetricPlan
from impact_pipeline.planning.power_plan import PowerPlan
from impact_pipeline.stats.power import NoPlan

Plain = dict[str, Any]


def as_plain(plan: PowerPlan) -> Plain:
    """A number that cannot be computed is `{"reason": ..}`; one that the plan does not ask for is null."""
    study, rule = plan.study, plan.study.plan.decision
    return {
        "study": study.name, "plan_digest": plan.plan_digest, "planned_look": study.planned_look.isoformat(),
        "looks": study.plan.looks.type, "alpha": rule.alpha, "power": rule.power, "correction": rule.correction,
        "history": _history(plan.history),
        "enrolment": _reason(plan.enrolment) if isinstance(plan.enrolment, NoPlan) else _enrolment(plan.enrolment),
        "metrics": [_metric(metric) for metric in plan.metrics],
        "decision": _reason(plan.decision) if isinstance(plan.decision, NoPlan) else _decision(plan.decision),
        "curves": [_curve(curve) for curve in plan.curves],
        "warnings": list(plan.warnings),
    }  # fmt: skip


def _history(history: History) -> Plain:
    return {
        "population": history.population.title, "first_day": history.period.first.isoformat(),
        "last_day": history.period.last.isoformat(), "units": history.units, "new_units_by_day": list(history.arrivals),
    }  # fmt: skip


def _enrolment(enrolment: Enrolment) -> Plain:
    planned = enrolment.planned
    treatment, control = planned.shares
    return {
        "days": enrolment.planned_days, "units": planned.units, "treatment": enrolment.contrast.treatment,
        "treatment_share": treatment, "control_share": control,
    }  # fmt: skip


def _metric(found: MetricPlan | NoMetricPlan) -> Plain:
    about = {"metric": found.use.name, "role": found.use.role}
    if isinstance(found, NoMetricPlan):
        return {**about, "reason": found.detail, "baseline": found.baseline and _baseline(found.baseline)}
    return {
        **about, "reason": None, "baseline": _baseline(found.baseline),
        "design_effect": found.baseline.design_effect(found.units), "look": found.look.isoformat(),
        "alpha": found.test.alpha, "sides": found.test.sought.sides, "target_power": found.target_power,
        "sought": _amount(found.sought), "power": _reason(found.power), "minimal": _amount(found.minimal),
        "needed": _needed(found.needed),
    }  # fmt: skip


def _baseline(baseline: Baseline) -> Plain:
    clusters, blocks = baseline.clusters, baseline.blocks
    return {
        "method": baseline.method, "units": baseline.units, "mean": baseline.mean, "variance": baseline.variance,
        "r_squared": baseline.r_squared, "variance_ratio": baseline.variance_ratio,
        "clusters": clusters and {
            "count": clusters.clusters, "mean_size": clusters.mean_size, "cv_of_sizes": clusters.cv_of_sizes,
            "icc": clusters.icc,
        },
        "blocks": blocks and {
            "count": blocks.blocks, "regions": blocks.regions, "degrees_of_freedom": blocks.degrees_of_freedom,
        },
    }  # fmt: skip


def _amount(found: Amount | NoPlan | None) -> Plain | None:
    if isinstance(found, Amount):
        return {"absolute": found.absolute, "relative": found.relative}
    return None if found is None else {"reason": found.detail}


def _needed(found: Needed | NoPlan | None) -> Plain | None:
    if not isinstance(found, Needed):
        return None if found is None else {"reason": found.detail}
    return {"units": found.units, "days": found.days, "look": found.look and found.look.isoformat()}


def _decision(outlook: DecisionOutlook) -> Plain:
    chances = [
        {"truth": truth, "ship": found.ship, "rollback": found.rollback, "inconclusive": found.inconclusive}
        for truth, found in outlook.chances.chances.items()
    ]
    return {
        "method": "simulation" if outlook.chances.simulated else "closed form", "correlated": outlook.correlated,
        "chances": chances, "assumed_effects": list(outlook.assumed), "left_out": list(outlook.left_out),
    }  # fmt: skip


def _curve(curve: Curve) -> Plain:
    points = [{"weeks": p.weeks, "units": p.units, "minimal": _amount(p.minimal)} for p in curve.points]
    return {"metric": curve.plan.use.name, "points": points}


def _reason(found: float | NoPlan | None) -> float | Plain | None:
    return {"reason": found.detail} if isinstance(found, NoPlan) else found
