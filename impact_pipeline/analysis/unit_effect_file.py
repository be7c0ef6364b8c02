"""The file of units' effects: CSV or Parquet, one row for each unit of the data, metric and contrast."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from impact_pipeline.analysis.unit_effects import Explored
from impact_pipeline.errors import InputError
from impact_pipeline.stats.heterogeneous_effects.exploration import Exploration
from impact_pipeline.stats.heterogeneous_effects.validation import GROUPS

SUFFIXES = (".csv", ".parquet")


def refuse_suffix(path: Path) -> None:
    """Before anything is computed."""
    if path.suffix not in SUFFIXES or not path.parent.is_dir():
        raise InputError(f"--unit-effects {path}: name a .csv or .parquet file in a folder that is there")


def write_unit_effects(path: Path, found: Sequence[Explored]) -> None:
    """Columns: row (from 1, of the data file), metric, treatment, effect, std_error, group (fifth by effect), label.

    Raises `InputError` where no metric has units with effects, with the reasons.
    """
    known = [table for one in found if (table := _table(one)) is not None]
    if not known:
        told = "; ".join(f"'{one.metric}': {getattr(one.found, 'detail', '')}" for one in found)
        told = told or "the design learns none; take `estimator: cross_fitted` of an observational design"
        raise InputError(f"--unit-effects {path}: no unit has an effect of its own ({told})")
    table = pa.concat_tables(known)
    if path.suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path)
        return
    from pyarrow import csv

    csv.write_csv(table, path)


def _table(one: Explored) -> pa.Table | None:
    if not isinstance(one.found, Exploration):
        return None
    units, n = one.found.units, len(one.rows)
    errors = np.full(n, np.nan) if units.std_errors is None else units.std_errors
    place = np.empty(n, dtype=np.int64)
    place[np.argsort(units.effects, kind="stable")] = np.arange(n)
    return pa.table(
        {
            "row": pa.array(one.rows + 1), "metric": [one.metric] * n, "treatment": [one.contrast.treatment] * n,
            "effect": pa.array(units.effects), "std_error": pa.array(errors, from_pandas=True),
            "group": pa.array(place * GROUPS // n + 1), "label": ["exploratory"] * n,
        }
    )  # fmt: skip
