"""The unit table as the regression packages want it: a dummy for the arm, proportions as 0 or 1."""

from __future__ import annotations

from benchmarks.peers.answering import Question
from benchmarks.peers.units_sql import covariates_of, units_sql
from benchmarks.workload import TREATMENT, Metric

TREATED = "treated"


def outcomes_sql(question: Question) -> str:
    """One row per unit: arm, segments, covariates and one column per distinct outcome."""
    wanted = {outcome_of(metric): _expression(metric) for metric in question.metrics if metric.kind != "ratio"}
    outcomes = ", ".join(f"{sql} AS {name}" for name, sql in wanted.items())
    kept = "".join(f", {name}" for name in (*question.segments, *covariates_of(question)))
    return f"SELECT CAST(arm = '{TREATMENT}' AS INTEGER) AS {TREATED}, {outcomes}{kept} FROM ({units_sql(question)})"


def outcome_of(metric: Metric) -> str:
    """The outcome's column."""
    return f"{'p' if metric.kind == 'proportion' else 'y'}_{metric.value}"


def _expression(metric: Metric) -> str:
    return f"CAST(t_{metric.value} > 0 AS DOUBLE)" if metric.kind == "proportion" else f"t_{metric.value}"
