"""The documents that a study rests on, as plain values kept with its results, and a catalog made of them again.

A result that is recomputed years later reads these, whatever the catalog says by then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from impact_pipeline.catalog.catalog import Catalog, DocumentKind, Feature, Key, Study
from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.feature_inputs import dataset_of, inputs_of
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.catalog.load import document_adapter

Documents = dict[str, dict[str, Any]]
"""'kind name' -> the document as written, or under 'broken' the faults of one that is not sound."""


def documents_behind(study: Study) -> Documents:
    """Every document that decides a number, a sentence or the verdict of the study; features with what they rest on."""
    catalog = study.catalog
    found = {f"{kind} {name}": _plain(catalog.of_kind(kind)[name]) for kind, name in sorted(set(reached(study)))}
    broken = {use.metric: catalog.broken.get(("metric", use.metric), ()) for use in study.uses}
    faults = {f"metric {name}": [asdict(issue) for issue in issues] for name, issues in broken.items() if issues}
    return {**found, **({"broken": faults} if faults else {})}


def catalog_of(documents: Mapping[str, Mapping[str, Any]]) -> Catalog:
    """The catalog of exactly these documents."""
    read: dict[Key, Any] = {}
    for place, document in documents.items():
        if place != "broken":
            adapter = document_adapter(_key(place)[0])
            read[_key(place)] = adapter.validate_json(json.dumps(document), strict=True)
    broken = {_key(place): tuple(Issue(**issue) for issue in faults) for place, faults in _faults(documents)}

    def of(kind: DocumentKind) -> dict[str, Any]:
        return {name: document for (known, name), document in read.items() if known == kind}

    learnt_last = dict(sorted(of("feature").items(), key=lambda item: isinstance(item[1], LearntFeature)))
    return Catalog(
        Path("catalog"), of("source"), of("contract"), of("fact"), learnt_last, of("metric"), of("model"), of("study"),
        broken=broken,
    )  # fmt: skip


def reached(study: Study) -> Iterator[Key]:
    """Kind and name of every sound document that the study rests on; some come more than once."""
    catalog, plan = study.catalog, study.plan
    yield "study", plan.name
    yield from (("study", name) for name in study.other_studies)
    if plan.change.model in catalog.models:
        yield "model", plan.change.model
    named = {use.metric: catalog.metrics[use.metric] for use in study.uses if use.metric in catalog.metrics}
    for metric in (*named.values(), *study.metrics_beside.values()):
        yield from (("metric", name) for name in (metric.name, *catalog.parts_of(metric)))
    features: list[Feature] = [*study.covariates, *study.segment_features.values()]
    features += [one for feature in features for one in inputs_of(catalog, feature)]
    yield from (("feature", feature.name) for feature in features)
    facts = {fact.name for fact in study.facts}
    facts |= {feature.target.fact for feature in features if isinstance(feature, LearntFeature)}
    yield from (("fact", name) for name in facts)
    datasets = {*study.datasets, *(dataset_of(catalog, feature) for feature in features)}
    datasets |= {catalog.facts[name].dataset for name in facts}
    yield from (("contract", name) for name in datasets if name in catalog.contracts)
    sources = {source.name for source in catalog.sources.values() if datasets & set(source.datasets)}
    yield from (("source", name) for name in sources)


def _plain(document: BaseModel) -> dict[str, Any]:
    return document.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _faults(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield from documents.get("broken", {}).items()


def _key(place: str) -> Key:
    kind, _, name = place.partition(" ")
    return kind, name  # type: ignore[return-value]
