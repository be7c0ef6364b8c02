"""tea-tasting over ibis on DuckDB, in the environment of `requirements.txt` beside this module.

The unit table is written once, so that ten segments do not repeat the pass over the events.
"""

from __future__ import annotations

import ibis
import tea_tasting as tt
from tea_tasting.aggr import read_aggregates

from benchmarks.peers.answering import Answer, Effects, Question, main
from benchmarks.peers.units_sql import configure, units_sql
from benchmarks.workload import CONTROL, TREATMENT, Metric


def answer(question: Question) -> Answer:
    connection = ibis.duckdb.connect()
    configure(connection.con, question)
    indicators = [m.value for m in question.metrics if m.kind == "proportion"]
    shares = "".join(f", CAST(t_{name} > 0 AS DOUBLE) AS p_{name}" for name in indicators)
    query = f"SELECT *{shares} FROM ({units_sql(question)})"
    experiment = tt.Experiment({m.name: _metric(m) for m in question.metrics}, variant="arm")
    if not question.segments:
        return Answer(_effects(experiment.analyze(connection.sql(query), control=CONTROL)), len(question.metrics))
    connection.raw_sql(f"CREATE TEMP TABLE units AS {query}")
    units = connection.table("units")
    effects = _effects(experiment.analyze(units, control=CONTROL))
    counted = sum(_segment(experiment, units, name) for name in question.segments)
    return Answer(effects, len(effects) + counted)


def _metric(m: Metric) -> tt.metrics.MetricBase:
    if m.kind == "ratio":
        return tt.RatioOfMeans(f"t_{m.value}", f"t_{m.denominator}")
    prefix = "p" if m.kind == "proportion" else "t"
    return tt.Mean(f"{prefix}_{m.value}", m.covariate) if m.covariate else tt.Mean(f"{prefix}_{m.value}")


def _effects(result: tt.ExperimentResult) -> Effects:
    """Standard errors are read back from the 95 % interval as if it were normal: close enough to compare by."""
    return {
        name: (r.effect_size, (r.effect_size_ci_upper - r.effect_size_ci_lower) / 3.92) for name, r in result.items()
    }


def _segment(experiment: tt.Experiment, units: ibis.Table, segment: str) -> int:
    """One query for all values of a segment; returns how many effects were computed."""
    cells = units.mutate(cell=units["arm"] + "|" + units[segment])
    needs = [metric.aggr_cols for metric in experiment.metrics.values()]
    found = read_aggregates(
        cells,
        "cell",
        has_count=True,
        mean_cols=sorted({column for need in needs for column in need.mean_cols}),
        var_cols=sorted({column for need in needs for column in need.var_cols}),
        cov_cols=sorted({column for need in needs for column in need.cov_cols}),
    )
    values = sorted({str(cell).split("|")[1] for cell in found})
    arms = [{arm: found[f"{arm}|{value}"] for arm in (CONTROL, TREATMENT)} for value in values]
    return sum(len(experiment.analyze(pair, control=CONTROL)) for pair in arms)


if __name__ == "__main__":
    main(answer)
