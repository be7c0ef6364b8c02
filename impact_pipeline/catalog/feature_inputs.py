"""What a feature rests on: other features, datasets, and how far back."""

from __future__ import annotations

from impact_pipeline.catalog.catalog import Catalog, Feature
from impact_pipeline.catalog.fact import Measure
from impact_pipeline.catalog.feature import LearntFeature, SumFeature


def inputs_of(catalog: Catalog, feature: Feature) -> tuple[SumFeature, ...]:
    """The features that a learnt one predicts from, in the document's order; none of any other."""
    if not isinstance(feature, LearntFeature):
        return ()
    named = (catalog.features[name] for name in feature.inputs)
    return tuple(one for one in named if isinstance(one, SumFeature))


def dataset_of(catalog: Catalog, feature: Feature) -> str:
    """The dataset whose days the feature's partitions are: a learnt one's is its target's."""
    return catalog.facts[feature.target.fact].dataset if isinstance(feature, LearntFeature) else feature.dataset


def days_behind(catalog: Catalog, feature: Feature) -> dict[str, int]:
    """Each dataset that partition D rests on -> the days before D whose rows may be in it."""
    if not isinstance(feature, LearntFeature):
        return {feature.dataset: feature.lookback_days}
    found = {dataset_of(catalog, feature): feature.horizon_days}
    for one in inputs_of(catalog, feature):
        found[one.dataset] = max(found.get(one.dataset, 0), feature.horizon_days + one.lookback_days)
    return found


def target_total(catalog: Catalog, feature: LearntFeature) -> SumFeature:
    """The target as a feature of its own: of day D, each unit's total over the `horizon_days` before D."""
    fact, measure = catalog.facts[feature.target.fact], target_measure(catalog, feature)
    return SumFeature(
        type="sum", name=feature.name, owner=feature.owner, description=feature.description, version=feature.version,
        entity=feature.entity, dataset=fact.dataset, event_at=fact.event_at, expression=measure.expression,
        filter=feature.target.filter, lookback_days=feature.horizon_days, scale=measure.scale, unit=measure.unit,
    )  # fmt: skip


def target_measure(catalog: Catalog, feature: LearntFeature) -> Measure:
    return catalog.facts[feature.target.fact].measures[feature.target.measure]
