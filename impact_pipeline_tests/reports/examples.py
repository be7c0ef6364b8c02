"""A shop's study with three metrics and what one look at it concluded, written out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.designs import RandomizedDesign
from impact_pipeline.catalog.fact import Fact, Measure
from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.catalog.metrics.base import Metric, Total, Window
from impact_pipeline.catalog.metrics.mean import MeanMetric
from impact_pipeline.catalog.metrics.proportion import ProportionMetric
from impact_pipeline.catalog.metrics.ratio import RatioMetric
from impact_pipeline.catalog.model import MlModel, ModelVersion
from impact_pipeline.catalog.plan import (
    Change,
    EvaluationPlan,
    ExposureRule,
    GuardrailUse,
    Margin,
    SuccessUse,
    Value,
)
from impact_pipeline.decisions.base import Decision, Provenance, Scorecard, Verdict
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import (
    Contrast,
    Estimate,
    Interval,
    NotEstimable,
    Reason,
    Relative,
    Result,
    TrajectoryPoint,
)
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.kpis.base import Impact
from impact_pipeline.reports.look import Look

AS_OF = date(2026, 3, 20)
CONTRAST = Contrast("treatment", "control")
OWNER = "team:search"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
    "${7*7}",
    "</script><script>alert(1)</script>",
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://evil","x")',
    "\x1b[31mred",
    "\u202eevil",
    "a | b\n| c",
    "</svg><b onclick=x>",
    "`]()![x](http://evil)",
)


def metrics() -> dict[str, Metric]:
    orders = Total(fact="orders", measure="order_count")
    week, note = Window(days=7), "What users buy."
    shared: dict[str, Any] = {"owner": OWNER, "description": note, "version": 1, "window": week}
    return {
        "orders_per_user": MeanMetric(
            name="orders_per_user", label="Orders per user", unit="orders", better="higher", type="mean", value=orders,
            covariates=("orders_28d",), **shared,
        ),
        "bounce_rate": ProportionMetric(
            name="bounce_rate", label="Bounce rate", unit="share", better="lower", type="proportion",
            value=Total(fact="orders", measure="order_count", filter="amount > 0"), **shared,
        ),
        "revenue_per_order": RatioMetric(
            name="revenue_per_order", label="Revenue per order", unit="EUR", better="higher", type="ratio",
            numerator=Total(fact="orders", measure="revenue_eur"), denominator=orders, **shared,
        ),
    }  # fmt: skip


def plan(name: str = "ranker_v2", title: str = "New ranker") -> EvaluationPlan:
    return EvaluationPlan(
        name=name, owner=OWNER, description="The ranker sees the newest session.", apiVersion="impact-plan/v1",
        title=title, change=Change(model="ranker", from_version="1", to_version="2"),
        hypothesis="Fresher results sell more.",
        entity="user",
        design=RandomizedDesign(type="randomized", arms={"control": 0.5, "treatment": 0.5}, control="control"),
        exposure=ExposureRule(dataset="sessions", arm_column="arm", exposed_at="started_at"),
        starts=date(2026, 3, 1), ends=date(2026, 3, 14),
        metrics=(
            SuccessUse(role="success", metric="orders_per_user"),
            GuardrailUse(role="guardrail", metric="bounce_rate", margin=Margin(absolute=0.01)),
            GuardrailUse(role="guardrail", metric="revenue_per_order", margin=Margin(relative=0.02)),
        ),
        value=Value(metric="orders_per_user", per_unit=4.5, currency="EUR"),
    )  # fmt: skip


def catalog(*plans: EvaluationPlan) -> Catalog:
    measures = {
        "order_count": Measure(expression="1", unit="orders"),
        "revenue_eur": Measure(expression="CASE WHEN amount > 0 THEN amount ELSE 0 END", unit="EUR", scale=2),
    }
    fact = Fact(
        name="orders",
        owner=OWNER,
        description="Orders.",
        dataset="orders",
        entity="user",
        event_at="at",
        measures=measures,
    )
    versions = (
        ModelVersion(version="1", notes="Yesterday's sessions."),
        ModelVersion(version="2", notes="The same hour."),
    )
    model = MlModel(name="ranker", owner=OWNER, description="Ranks.", product_area="search", versions=versions)
    named = {each.name: each for each in plans or (plan(),)}
    return Catalog(
        Path("catalog"),
        facts={"orders": fact},
        features={"orders_28d": _orders_before()},
        metrics=metrics(),
        models={"ranker": model},
        plans=named,
    )


def _orders_before() -> SumFeature:
    return SumFeature(
        type="sum", name="orders_28d", owner=OWNER, description="Orders of the 28 days before.", version=1,
        entity="user", dataset="orders", event_at="at", expression="1", lookback_days=28, unit="orders",
    )  # fmt: skip


def estimate(
    metric: str, both: tuple[float, float], bounds: tuple[float, float], segment: tuple[str, str] = ("", "")
) -> Estimate:
    """A difference with the given bounds; the relative effect is the same numbers over the control mean."""
    control, treatment = both
    lower, upper = bounds
    shift = treatment - control
    relative = Relative(shift / control, Interval(lower / control, upper / control, 0.95))
    p = 0.0004 if lower > 0 or upper < 0 else 0.47
    means, units = {"control": control, "treatment": treatment}, {"control": 5012, "treatment": 4988}
    interval, error = Interval(lower, upper, 0.95), (upper - lower) / 3.92
    return Estimate(
        metric, CONTRAST, segment, "cuped", "ATE", shift, error, interval, p, 9998.0, means, units, relative
    )


def results(segment_values: tuple[str, ...] = ("web", "app")) -> tuple[Result, ...]:
    refused = NotEstimable(
        "revenue_per_order@1", CONTRAST, ("", ""), "delta_method", Reason.DENOMINATOR_NEAR_ZERO,
        "the mean of order_count is 0.2 standard errors from zero", {"control": 5012, "treatment": 4988},
    )  # fmt: skip
    shifts = [0.06 * (-1) ** place for place in range(len(segment_values))]
    split = (
        estimate("orders_per_user@1", (1.2, 1.2 + shift), (shift - 0.08, shift + 0.08), ("platform", value))
        for shift, value in zip(shifts, segment_values, strict=True)
    )
    return (
        estimate("orders_per_user@1", (1.2, 1.3224), (0.0852, 0.1596)),
        estimate("bounce_rate@1", (0.25, 0.252), (-0.004, 0.008)),
        refused,
        *split,
    )


def trajectory(days: int = 14) -> tuple[TrajectoryPoint, ...]:
    width = [0.42 / (day + 1) ** 0.5 for day in range(days)]
    return tuple(
        TrajectoryPoint(
            AS_OF - timedelta(days=days - 1 - day), "orders_per_user@1", CONTRAST, 0.1224 + (-1) ** day * half / 5,
            Interval(0.1224 - half, 0.1224 + half, 0.95),
        )
        for day, half in enumerate(width)
    )  # fmt: skip


def provenance() -> Provenance:
    days = {(date(2026, 3, 1) + timedelta(days=day)).isoformat(): f"mark-{day}" for day in range(20)}
    inputs = {"orders": days, "sessions": dict(list(days.items())[:18])}
    versions = ("orders_per_user@1", "bounce_rate@1", "revenue_per_order@1")
    return Provenance("9f" * 32, "ab" * 32, versions, "0.1.0", "duckdb 2.0", inputs)


def scorecard(
    study: str = "ranker_v2",
    decision: Decision = Decision.SHIP,
    reasons: tuple[str, ...] = ("Orders per user is superior.",),
    segment_values: tuple[str, ...] = ("web", "app"),
) -> Scorecard:
    verdict = Verdict(study, AS_OF, True, decision, reasons, "Roll out to all users.", "A")
    findings = (
        Finding("sample_ratio", True, 0.41, 0.001, "Arms have the planned shares (p = 0.41).", "none", {}),
        Finding("balance", None, None, None, "No covariate has been read yet.", "none", {}),
        Finding("spillover", False, 0.002, 0.01, "Control moves with the treated share.", "none", {}),
        Finding("novelty", False, 0.001, 0.01, "The effect fades.", "lower_grade", {}),
    )
    impact = Impact(
        study, "orders_per_user@1", CONTRAST, "EUR", 365, 714.3, 4.5, 143_598.0, Interval(99_954.0, 187_241.0, 0.95)
    )
    estimates = StudyEstimates(study, "ab" * 32, AS_OF, True, results(segment_values), trajectory())
    exposed = {"control": 5012, "treatment": 4988}
    return Scorecard(study, AS_OF, verdict, estimates, findings, (impact,), exposed, 12, provenance())


def look(card: Scorecard | None = None) -> Look:
    chosen = card or scorecard()
    return Look(chosen, catalog(plan(chosen.study)).study(chosen.study))


def with_results(card: Scorecard, *only: Result) -> Scorecard:
    return replace(card, estimates=replace(card.estimates, results=only))
