"""The hand-written SQL on doubles that peers share: one pass over the events, one row per exposed unit."""

from __future__ import annotations

from typing import Any

from benchmarks.peers.answering import Question
from benchmarks.workload import TOTALS, WINDOW_DAYS, totals_of


def units_sql(question: Question) -> str:
    """unit, arm, segments, covariates and unit totals (`t_<name>`, 0 without events)."""
    names = totals_of(question.metrics)
    sums = ", ".join(f"sum({TOTALS[name]}) AS t_{name}" for name in names)
    filled = ", ".join(f"coalesce(t_{name}, 0) AS t_{name}" for name in names)
    kept = "".join(f", {name}" for name in (*question.segments, *covariates_of(question)))
    return f"""
        WITH totals AS (
            SELECT unit, {sums}
            FROM read_parquet('{question.home.events}', hive_partitioning = true) AS events
            JOIN (SELECT unit, cohort_day, exposed_at FROM read_parquet('{question.home.exposures}')) AS exposed
            USING (unit)
            WHERE day >= cohort_day AND day <= cohort_day + {WINDOW_DAYS - 1} AND event_at >= exposed_at
            GROUP BY unit
        )
        SELECT unit, arm, {filled}{kept}
        FROM read_parquet('{question.home.exposures}') LEFT JOIN totals USING (unit)
    """


def covariates_of(question: Question) -> tuple[str, ...]:
    return tuple(dict.fromkeys(metric.covariate for metric in question.metrics if metric.covariate))


def configure(connection: Any, question: Question) -> None:
    """The settings every DuckDB runner has in common."""
    connection.execute(f"SET threads = {question.threads}")
    connection.execute(f"SET memory_limit = '{question.memory_limit}'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
