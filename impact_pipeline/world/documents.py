"""A catalog for a world of another size or date than the demo's: the bundled documents with the shop's dates moved.

The demo's own dates stand in the documents themselves; everything else is copied as written, but for segments by a
study that is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from impact_pipeline.catalog.catalog import Catalog, Key, Study
from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.feature_inputs import days_behind, inputs_of
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.errors import InputError
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.studies import STUDIES, PlantedStudy
from impact_pipeline.world.truths import planted

PLANTED_NAMES = tuple(study.name for study in STUDIES)


def write_catalog(bundled: Path, target: Path, config: WorldConfig, studies: Collection[str] = PLANTED_NAMES) -> Path:
    """Copy the named planted studies, and every document they rest on, from `bundled` to `target`; returns `target`."""
    catalog = read_catalog(bundled)
    for name in studies:
        if planted(name).name not in catalog.plans:
            raise InputError(f"world: study '{name}' has no plan in {bundled.name}/studies; add it, or leave it out")
    for key in sorted({key for name in studies for key in _needed(catalog, catalog.study(name))}):
        origin = catalog.origins[key].file
        text = (bundled / origin).read_text(encoding="utf-8")
        path = target / origin
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_dated(_among(text, studies), key, config), encoding="utf-8")
    return target


def _needed(catalog: Catalog, study: Study) -> Iterator[Key]:
    yield ("study", study.name)
    yield ("model", study.plan.change.model)
    metrics = [catalog.metrics[use.metric] for use in study.uses]
    yield from (("metric", name) for metric in metrics for name in (metric.name, *metric.parts))
    yield from (("fact", fact.name) for fact in study.facts)
    used = [*study.covariates, *study.segment_features.values()]
    features = {one.name: one for feature in used for one in (feature, *inputs_of(catalog, feature))}
    yield from (("feature", name) for name in features)
    yield from (("fact", one.target.fact) for one in features.values() if isinstance(one, LearntFeature))
    for dataset in {*study.datasets, *(dataset for feature in used for dataset in days_behind(catalog, feature))}:
        source = catalog.source_of(dataset)
        yield ("source", source.name)
        yield from (("contract", name) for name in source.datasets)


def _among(text: str, studies: Collection[str]) -> str:
    """Without the segments whose study is not among these."""
    pattern = r"(?m)^ +\w+: \{type: study, study: (\w+)\}\n"
    return re.sub(pattern, lambda found: found[0] if found[1] in studies else "", text)


def _dated(text: str, key: Key, config: WorldConfig) -> str:
    kind, name = key
    if kind == "source":
        return re.sub(r"(?m)^first_day: .*$", f"first_day: {config.first_day}", text)
    if kind != "study":
        return text
    text = re.sub(r"(?m)^starts: .*$", f"starts: {config.exposure_starts}", text)
    text = re.sub(r"(?m)^ends: .*$", f"ends: {config.exposure_ends}", text)
    return _phased(text, planted(name), config)


def _phased(text: str, study: PlantedStudy, config: WorldConfig) -> str:
    days = iter([config.phase_starts(phase.begins) for phase in study.phases])
    return re.sub(r"(?m)^( +- starts: ).*$", lambda found: f"{found[1]}{next(days)}", text)
