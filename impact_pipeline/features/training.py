"""Train the models of one day of a learnt feature on what had become of units by that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.feature import LearntFeature, SumFeature
from impact_pipeline.catalog.feature_inputs import inputs_of, target_total
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.features.learnt_inputs import LearntInputs
from impact_pipeline.features.learnt_query import KNOWN, OUTCOME, TOTALS, UNIT, input_name, known_query, training_query
from impact_pipeline.features.query import compiled_of, feature_query
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stats.cross_fitting import folds_by_key
from impact_pipeline.stats.fold_models import FoldModels, fit_folds
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

ROUNDS = {"ridge": 0, "boosted_stumps": 100}


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The models with what is recorded of their training; `centre` and `spread` are of the inputs' columns."""

    models: FoldModels
    units: int
    outcome_mean: float
    centre: Array
    spread: Array


def trained(
    catalog: Catalog, feature: LearntFeature, on: date, read: LearntInputs, *, lake: Lake, engine: Engine, seed: int
) -> Trained | Refusal:
    """Models of the total since the training day, by the inputs as of that day's start."""
    if read.training_day is None:
        days = f"{feature.horizon_days} day{'' if feature.horizon_days == 1 else 's'}"
        return Refusal("too_few_units", f"nothing is known of any unit {days} before {on}: no history to learn from")
    inputs, target = inputs_of(catalog, feature), target_total(catalog, feature)
    rows = _training_rows(catalog, feature, on, read, lake, engine)
    x, y = columns_of(rows, inputs), rows[OUTCOME].to_numpy() / 10**target.scale
    folds = folds_of(rows[UNIT], feature)
    found = fit_folds(x, y, folds, feature.folds, np.random.default_rng(seed), rounds=ROUNDS[feature.model])
    if isinstance(found, Refusal):
        return found
    return Trained(found, len(y), float(y.mean()), x.mean(axis=0), x.std(axis=0))


def columns_of(rows: pa.Table | pa.RecordBatch, inputs: tuple[SumFeature, ...]) -> Array:
    """The inputs in their units, (rows, inputs)."""
    columns = [rows[input_name(place)].to_numpy() / 10**one.scale for place, one in enumerate(inputs)]
    return np.column_stack(columns).astype(np.float64)


def folds_of(units: pa.ChunkedArray | pa.Array, feature: LearntFeature) -> NDArray[np.intp]:
    return folds_by_key(map(str, units.to_pylist()), feature.folds, salt=feature.name)


def _training_rows(
    catalog: Catalog, feature: LearntFeature, on: date, read: LearntInputs, lake: Lake, engine: Engine
) -> pa.Table:
    inputs, target = inputs_of(catalog, feature), target_total(catalog, feature)
    offered: dict[str, Input] = {"rows": lake.trusted(target.dataset).files(read.target_days)}
    for place, one in enumerate(inputs):
        offered[input_name(place)] = lake.feature(one.name).files([str(read.training_day)])
    with engine.session(offered) as session:
        session.keep(KNOWN, known_query(inputs))
        session.keep(TOTALS, feature_query(catalog, target, on, *compiled_of(catalog, target)))
        return session.table(training_query(inputs, feature.name, feature.training_units))
