"""What is asked of every runner: the measures of an event, the unit totals and the 20 metrics made from them.

Only the standard library is imported here: peers run in environments of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

FIRST_DAY = date(2026, 1, 1)
DAYS = 30
COHORT_DAYS = 7
WINDOW_DAYS = DAYS - COHORT_DAYS + 1
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)

SEGMENTS = tuple(f"segment_{number}" for number in range(10))
SEGMENT_VALUES = 12
CONTROL, TREATMENT = "control", "treatment"
THREE_ARMS = (CONTROL, "first", "second")
UNITS = {"S": 1_000_000, "M": 5_000_000}
EVENTS_PER_UNIT = 10

SCALES = {
    **dict.fromkeys(("revenue", "discount", "cost", "refund"), 2),
    **dict.fromkeys(("orders", "items", "clicks", "views", "latency_ms"), 0),
}
"""Value columns of an event with their decimal places."""

TOTALS = {
    **{name: name for name in SCALES},
    "capped_revenue": "least(revenue, 150)",
    "capped_cost": "least(cost, 80)",
    "capped_latency": "least(latency_ms, 400)",
}
"""Unit total -> the expression over one event that is added up."""

TOTAL_SCALES = {**SCALES, "capped_revenue": 2, "capped_cost": 2, "capped_latency": 0}
COVARIATES = {"revenue_before": 2, "orders_before": 0}
"""Pre-exposure totals, stored once at exposure, with their decimal places."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`value` and `denominator` are unit totals; a proportion is the share of units whose total is above zero."""

    name: str
    kind: Literal["mean", "proportion", "ratio"]
    value: str
    denominator: str | None = None
    covariate: str | None = None


METRICS = (
    Metric("revenue", "mean", "revenue"),
    Metric("items", "mean", "items"),
    Metric("clicks", "mean", "clicks"),
    Metric("views", "mean", "views"),
    Metric("cost", "mean", "cost"),
    Metric("discount", "mean", "discount"),
    Metric("buyers", "proportion", "orders"),
    Metric("clickers", "proportion", "clicks"),
    Metric("refunded", "proportion", "refund"),
    Metric("discounted", "proportion", "discount"),
    Metric("clicks_per_view", "ratio", "clicks", "views"),
    Metric("revenue_per_order", "ratio", "revenue", "orders"),
    Metric("latency_per_view", "ratio", "latency_ms", "views"),
    Metric("refund_share", "ratio", "refund", "revenue"),
    Metric("items_per_order", "ratio", "items", "orders"),
    Metric("revenue_capped", "mean", "capped_revenue"),
    Metric("cost_capped", "mean", "capped_cost"),
    Metric("latency_capped", "mean", "capped_latency"),
    Metric("revenue_adjusted", "mean", "revenue", covariate="revenue_before"),
    Metric("orders_adjusted", "mean", "orders", covariate="orders_before"),
)


def totals_of(metrics: tuple[Metric, ...]) -> tuple[str, ...]:
    """The distinct unit totals that these metrics need, in a stable order."""
    used = {name for metric in metrics for name in (metric.value, metric.denominator)}
    return tuple(name for name in TOTALS if name in used)


@dataclass(frozen=True, slots=True)
class Home:
    """Where one generated workload lies: plain Parquet on doubles for the peers, a lake and a catalog for ours."""

    path: Path

    @property
    def events(self) -> str:
        return str(self.path / "doubles" / "events" / "*" / "*.parquet")

    @property
    def event_files(self) -> list[Path]:
        return sorted((self.path / "doubles" / "events").glob("*/*.parquet"))

    @property
    def exposures(self) -> str:
        return str(self.path / "doubles" / "exposures.parquet")

    @property
    def finished(self) -> Path:
        return self.path / "finished.json"
