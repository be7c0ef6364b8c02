"""How many units the rows of a file stand for, by arm; counts that are none are refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from impact_pipeline.analysis.document import UNITS_PER_ROW
from impact_pipeline.analysis.metric_questions import Aggregated, CountedMetric, SummedMetric
from impact_pipeline.analysis.specification import Specification
from impact_pipeline.analysis.table import Array
from impact_pipeline.analysis.units import Labelled
from impact_pipeline.errors import InputError

ROUNDING = 1e-9
"""What decimals of a written sum may lack."""


def units_of_rows(asked: Specification, columns: Mapping[str, Array]) -> Array | None:
    """Units that each row stands for: as said, or those of the first metric where all are of aggregated rows."""
    aggregated = bool(asked.metrics) and all(isinstance(metric, Aggregated) for metric in asked.metrics)
    field = UNITS_PER_ROW if asked.units_per_row is not None else "metrics.0.units" if aggregated else None
    for place, metric in enumerate(asked.metrics):
        if isinstance(metric, Aggregated):
            units = columns[f"metrics.{place}.units"]
            _refuse_counts(units, f"metrics.{place}.units")
            if isinstance(metric, SummedMetric):
                _refuse_squares(columns, f"metrics.{place}")
            if isinstance(metric, CountedMetric):
                _refuse_counts(columns[f"metrics.{place}.successes"], f"metrics.{place}.successes", units)
    if field is None:
        return None
    units = columns[field]
    _refuse_counts(units, field)
    empty = int(np.sum(~np.isfinite(units)))
    if empty and field == UNITS_PER_ROW:
        raise InputError(f"{field}: {empty} rows hold no count; counts are whole numbers from 0 up")
    return np.where(np.isfinite(units), units, 0.0)


def _refuse_counts(values: Array, field: str, most: Array | None = None) -> None:
    """Counts are whole, not negative, and no larger than what they are counted of."""
    known = np.isfinite(values)
    wrong = known & ((values < 0) | (values != np.rint(values)))
    if wrong.any():
        raise InputError(f"{field}: {int(wrong.sum())} rows hold no count; counts are whole numbers from 0 up")
    if most is not None and bool(np.any(values[known] > most[known])):
        raise InputError(f"{field}: {int(np.sum(values[known] > most[known]))} rows have more of them than units")


def _refuse_squares(columns: Mapping[str, Array], field: str) -> None:
    """A sum of squares is no less than the squared sum over the units."""
    units, sums, squares = (columns[f"{field}.{part}"] for part in ("units", "sum", "sum_of_squares"))
    wrong = int(np.sum(units * squares < sums**2 * (1 - ROUNDING)))
    if wrong:
        told = f"{wrong} rows hold less than sum^2 / units, which no values can have"
        raise InputError(f"{field}.sum_of_squares: {told}; give the sum of each unit's square")


def one_row_each(labels: Labelled) -> Labelled:
    """The labels of the first row of each unit, where rows are events of units; else all."""
    if labels.owner is None:
        return labels
    _, first = np.unique(labels.owner, return_index=True)
    return labels.kept(first)
