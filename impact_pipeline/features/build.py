"""Build one day of a feature view, point-in-time correct: nothing at or after the day's first instant is read."""

from __future__ import annotations

from datetime import date

from impact_pipeline.catalog.catalog import Catalog, Feature
from impact_pipeline.catalog.feature import FeatureOfRows, LearntFeature
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.meaning import definition
from impact_pipeline.engines.base import Engine
from impact_pipeline.features.learnt import build_learnt_day
from impact_pipeline.features.provenance import provenance_of
from impact_pipeline.features.query import compiled_of, feature_query, lookback_days
from impact_pipeline.lake.lake import Lake, published_days
from impact_pipeline.lake.tables import Publication

LOGIC = "features/1"
"""Part of every input digest: raised when a change here changes what is built from the same inputs."""


def build_day(
    catalog: Catalog, feature: Feature, on: date, *, lake: Lake, engine: Engine, generation: str
) -> Publication:
    """Publish `features/<view>` of day `on`: one row (unit, value) per unit that something is known of.

    Units without rows in the lookback are absent, of a learnt feature those that no input knows; readers give them
    `remediation.missing`. Raises `LakeError` when the dataset, or a day of an input, has not been published.
    """
    if isinstance(feature, LearntFeature):
        return build_learnt_day(catalog, feature, on, lake=lake, engine=engine, generation=generation)
    return _build_day_of_rows(catalog, feature, on, lake, engine, generation)


def _build_day_of_rows(
    catalog: Catalog, feature: FeatureOfRows, on: date, lake: Lake, engine: Engine, generation: str
) -> Publication:
    table = lake.feature(feature.name)
    days = lookback_days(catalog, feature, on)
    inputs = published_days(lake.trusted(feature.dataset), days)
    compiled, condition = compiled_of(catalog, feature)
    made_from = digest(LOGIC, definition("feature", feature), sorted(inputs.items()), on.isoformat())
    standing = table.current(made_from, on.isoformat())
    if standing is not None:
        return standing
    query = feature_query(catalog, feature, on, compiled, condition)
    facts = provenance_of(feature, compiled, condition, query, inputs, missing=sorted(set(days) - set(inputs)))
    files = lake.trusted(feature.dataset).files(inputs)
    with engine.batches(query, {"rows": files}) as rows:
        return table.publish(rows, generation=generation, input_digest=made_from, partition=on.isoformat(), facts=facts)
