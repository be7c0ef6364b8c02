"""What must hold of learnt features: inputs that are known, a target that is counted, history for the horizon."""

from __future__ import annotations

from collections.abc import Iterator

from impact_pipeline.catalog.catalog import Catalog, Key
from impact_pipeline.catalog.feature import LearntFeature, SumFeature
from impact_pipeline.catalog.references import Breach, delivered, refer, rows_are_read
from impact_pipeline.catalog.strict_yaml import Path


def learnt_features_are_trainable(catalog: Catalog) -> Iterator[Breach]:
    for name, feature in catalog.features.items():
        if isinstance(feature, LearntFeature):
            key: Key = ("feature", name)
            for index, named in enumerate(feature.inputs):
                yield from _input(catalog, key, ("inputs", index), named, feature)
            yield from rows_are_read(catalog, key, ("target",), feature.target)
            yield from _target(catalog, key, feature)


def _input(catalog: Catalog, key: Key, path: Path, name: str, feature: LearntFeature) -> Iterator[Breach]:
    found = catalog.features.get(name)
    if name == feature.name:
        yield key, path, f"feature '{name}' would be learnt from itself; name features of type 'sum'"
    elif found is None:
        yield from refer(catalog, key, path, "feature", name)
    elif not isinstance(found, SumFeature):
        message = f"feature '{name}' is of type '{found.type}'; inputs are of type 'sum', so that none rests on itself"
        yield key, path, message
    elif found.entity != feature.entity:
        yield key, path, f"feature '{name}' is about a {found.entity}, this one about a {feature.entity}"


def _target(catalog: Catalog, key: Key, feature: LearntFeature) -> Iterator[Breach]:
    fact = catalog.facts.get(feature.target.fact)
    if fact is None:
        return
    if fact.entity != feature.entity:
        message = f"fact '{fact.name}' is about a {fact.entity}, the feature about a {feature.entity}; use one about it"
        yield key, ("target", "fact"), message
    if not delivered(catalog, fact.dataset):
        return
    source = catalog.source_of(fact.dataset)
    longest = None if source.last_day is None else (source.last_day - source.first_day).days - 1
    if longest is not None and feature.horizon_days > longest:
        delivers = f"source '{source.name}' delivers {source.first_day} to {source.last_day}"
        message = f"{feature.horizon_days} days leave no day with a trained model: {delivers}; at most {longest}"
        yield key, ("horizon_days",), message
