"""Build one day of a learnt feature: models of what became of units by that day, and their prediction of what comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.feature import LearntFeature, SumFeature
from impact_pipeline.catalog.feature_inputs import dataset_of, inputs_of
from impact_pipeline.catalog.identity import digest
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.engines.scaled import column
from impact_pipeline.errors import LakeError
from impact_pipeline.features.learnt_inputs import LearntHistory, LearntInputs
from impact_pipeline.features.learnt_query import UNIT, input_name, known_query, sums_query
from impact_pipeline.features.training import Trained, columns_of, folds_of, trained
from impact_pipeline.lake.lake import Lake
from impact_pipeline.lake.tables import DAY, Publication
from impact_pipeline.stats.refusal import Refusal


def build_learnt_day(
    catalog: Catalog, feature: LearntFeature, on: date, *, lake: Lake, engine: Engine, generation: str
) -> Publication:
    """Publish `features/<view>` of day `on`; without rows, and with the reason, where no model could be trained.

    Raises `LakeError` where an input has no such day. Equal inputs give equal bits: rows are in order of unit, and the
    learner's seed is made of the documents and the day.
    """
    table, read = lake.feature(feature.name), LearntHistory.of(catalog, feature, lake).inputs(on)
    if read.absent:
        raise LakeError(f"{feature.name} {on}: {', '.join(read.absent)} not published yet; materialize it first")
    made_from = digest(read.definition, read.input_days, on.isoformat())
    standing = table.current(made_from, on.isoformat())
    if standing is not None:
        return standing
    seed = int(digest(read.definition, on.isoformat())[:16], 16)
    found = trained(catalog, feature, on, read, lake=lake, engine=engine, seed=seed)
    inputs = inputs_of(catalog, feature)
    offered: dict[str, Input] = {
        input_name(place): lake.feature(one.name).files([on.isoformat()]) for place, one in enumerate(inputs)
    }
    facts = _provenance(catalog, feature, read) | _trained_facts(inputs, found, offered, engine)
    with engine.batches(known_query(inputs).order_by(column(UNIT)), offered) as known:
        rows = pa.RecordBatchReader.from_batches(_schema(known.schema), _predicted(known, feature, inputs, found, on))
        return table.publish(rows, generation=generation, input_digest=made_from, partition=on.isoformat(), facts=facts)


def _schema(known: pa.Schema) -> pa.Schema:
    return pa.schema([known.field(UNIT), pa.field("value", pa.int64()), pa.field(DAY, pa.date32())])


def _predicted(
    known: pa.RecordBatchReader, feature: LearntFeature, inputs: tuple[SumFeature, ...], found: Trained | Refusal,
    on: date,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    if isinstance(found, Refusal):
        return
    schema, held = _schema(known.schema), feature.remediation
    lower, upper = (
        bound if bound is not None else np.inf * sign for bound, sign in ((held.lower, -1), (held.upper, 1))
    )
    for batch in known:
        value = np.clip(found.models.predict(columns_of(batch, inputs), folds_of(batch[UNIT], feature)), lower, upper)
        whole = pa.array(np.rint(value * 10**feature.scale).astype(np.int64))
        yield pa.record_batch([batch[UNIT], whole, pa.array([on] * len(whole), pa.date32())], schema=schema)


def _provenance(catalog: Catalog, feature: LearntFeature, read: LearntInputs) -> dict[str, Any]:
    target = feature.target
    return {
        "definition": read.definition,
        "feature": f"{feature.name}@{feature.version}",
        "dataset": dataset_of(catalog, feature),
        "inputs": [f"{one.name}@{one.version}" for one in inputs_of(catalog, feature)],
        "target": target.model_dump(mode="json", exclude_none=True),
        "model": feature.model,
        "horizon_days": feature.horizon_days,
        "training_day": None if read.training_day is None else read.training_day.isoformat(),
        "as_of": feature.as_of,
        "remediation": feature.remediation.model_dump(mode="json", exclude_none=True),
        "input_days": {asset: dict(days) for asset, days in read.input_days.items()},
        "missing_days": list(read.missing_days),
    }


def _trained_facts(
    inputs: tuple[SumFeature, ...], found: Trained | Refusal, offered: dict[str, Input], engine: Engine
) -> dict[str, Any]:
    """What came of the training. `input_shift`: by how much an input's mean has moved since, in standard deviations."""
    if isinstance(found, Refusal):
        return {"untrained": found.detail, "units_trained": 0}
    [sums] = engine.table(sums_query(inputs), offered).to_pylist()
    means = [int(sums[input_name(place)]) / 10**one.scale / max(sums["n"], 1) for place, one in enumerate(inputs)]
    moved = np.where(found.spread > 0, (means - found.centre) / np.where(found.spread > 0, found.spread, 1.0), 0.0)
    names = [one.name for one in inputs]
    return {
        "untrained": None,
        "units_trained": found.units,
        "outcome_mean": found.outcome_mean,
        "r2_out_of_fold": found.models.out_of_fold_r2,
        "r2_in_sample": found.models.in_sample_r2,
        "importances": dict(zip(names, found.models.importances, strict=True)),
        "input_shift": dict(zip(names, map(float, moved), strict=True)),
    }
