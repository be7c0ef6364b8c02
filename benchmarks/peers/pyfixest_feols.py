"""pyfixest on a unit table that DuckDB made, in the environment of `requirements.txt`: least squares, HC1 errors.

It answers means, proportions and those with a covariate, 15 of the 20 metrics. A ratio of two totals is not least
squares. Outcomes with the same right-hand side share one call, and so do all values of a segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pandas as pd
import pyfixest as pf
from pyfixest.estimation.FixestMulti_ import FixestMulti

from benchmarks.peers.answering import Answer, Question, main
from benchmarks.peers.regression_sql import TREATED, outcome_of, outcomes_sql
from benchmarks.peers.units_sql import configure
from benchmarks.workload import Metric

Estimate = tuple[str, tuple[float, float]]


def answer(question: Question) -> Answer:
    with duckdb.connect() as connection:
        configure(connection, question)
        units = connection.execute(outcomes_sql(question)).df()
    metrics = [metric for metric in question.metrics if metric.kind != "ratio"]
    effects = dict(_estimates(units, metrics))
    parts = [estimate for name in question.segments for estimate in _estimates(units, metrics, name)]
    return Answer(effects, len(effects) + len(parts))


def _estimates(units: pd.DataFrame, metrics: Sequence[Metric], segment: str | None = None) -> Iterator[Estimate]:
    """Each metric's effect and standard error, in all units or in each value of a segment; one call a covariate."""
    for covariate in dict.fromkeys(metric.covariate for metric in metrics):
        named = {outcome_of(metric): metric.name for metric in metrics if metric.covariate == covariate}
        formula = f"{' + '.join(named)} ~ {TREATED}{f' + {covariate}' if covariate else ''}"
        fitted = pf.feols(
            formula, units, vcov="hetero", split=segment, lean=True, store_data=False, copy_data=False
        )  # fmt: skip
        for model in fitted.to_list() if isinstance(fitted, FixestMulti) else [fitted]:
            yield named[model._depvar], (float(model.coef()[TREATED]), float(model.se()[TREATED]))


if __name__ == "__main__":
    main(answer)
