"""duckreg on ibis and DuckDB, in the environment of `requirements.txt`: least squares on rows the database compressed.

It answers means and proportions, 13 of the 20 metrics. Ratios are not least squares, and a continuous covariate leaves
nothing to compress. All outcomes share one compression, and all values of a segment another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import ibis
import numpy as np
from duckreg import DBRegression

from benchmarks.peers.answering import Answer, Effects, Question, main
from benchmarks.peers.regression_sql import TREATED, outcome_of, outcomes_sql
from benchmarks.peers.units_sql import configure
from benchmarks.workload import Metric


def answer(question: Question) -> Answer:
    metrics = [metric for metric in question.metrics if metric.kind != "ratio" and not metric.covariate]
    connection = ibis.duckdb.connect()
    configure(connection.con, question)
    stored = "TABLE" if question.segments else "VIEW"
    connection.raw_sql(f"CREATE TEMP {stored} units AS {outcomes_sql(question)}")
    effects = next(_effects(connection, metrics, [TREATED]))
    parts = [part for name in question.segments for part in _effects(connection, metrics, [TREATED, name])]
    return Answer(effects, sum(map(len, (effects, *parts))))


def _effects(connection: ibis.BaseBackend, metrics: Sequence[Metric], strata: list[str]) -> Iterator[Effects]:
    """Effects in each value of the second stratum, or in all units; one query."""
    formula = f"{' + '.join(outcome_of(metric) for metric in metrics)} ~ {TREATED}"
    regression = DBRegression(None, "units", formula, None, seed=0, n_bootstraps=0, connection=connection)
    regression.strata_cols = strata
    regression.compress_data()
    compressed = regression.df_compressed
    for part in [compressed] if len(strata) == 1 else [part for _, part in compressed.groupby(strata[1])]:
        regression.df_compressed = part
        yield {metric.name: _effect(regression, outcome_of(metric)) for metric in metrics}


def _effect(regression: DBRegression, outcome: str) -> tuple[float, float]:
    """The variance is that of the first outcome only, so each takes its turn."""
    regression.outcome_vars = [outcome]
    effect = regression.estimate()[1]
    regression.fit_vcov()
    return float(effect), float(np.sqrt(regression.vcov[1, 1]))


if __name__ == "__main__":
    main(answer)
