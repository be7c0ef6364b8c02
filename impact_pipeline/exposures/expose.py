"""Publish a study's exposures: each unit's first contact with an arm, its cohort day, segments and covariates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import cluster_column
from impact_pipeline.catalog.identity import digest
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.exposures.query import exposures_query
from impact_pipeline.lake.lake import Lake, days_between, published_days
from impact_pipeline.lake.tables import Publication

LOGIC = "exposures/1"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""


@dataclass(frozen=True, slots=True)
class ExposureInputs:
    """What a look reads: exposure days and, per feature, cohort days, with fingerprints; and what is missing."""

    days: dict[str, str]
    features: dict[str, dict[str, str]]
    missing: dict[str, tuple[str, ...]]


def exposure_inputs(study: Study, as_of: date, lake: Lake) -> ExposureInputs:
    """The published inputs of a look at `as_of`."""
    plan = study.plan
    wanted = days_between(plan.starts, min(plan.ends, as_of))
    days = dict(published_days(lake.trusted(plan.exposure.dataset), wanted))
    names = sorted({f.name for f in study.covariates} | {f.name for f in study.segment_features.values()})
    features = {name: dict(published_days(lake.feature(name), wanted)) for name in names}
    found = {f"trusted/{plan.exposure.dataset}": days, **{f"features/{name}": got for name, got in features.items()}}
    missing = {key: tuple(day for day in wanted if day not in got) for key, got in found.items()}
    return ExposureInputs(days, features, {key: gaps for key, gaps in missing.items() if gaps})


def expose(study: Study, as_of: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `study/exposures` as known at the end of `as_of`. Units seen in several arms are kept, marked `mixed`."""
    table = lake.exposures(study.name)
    inputs = exposure_inputs(study, as_of, lake)
    made_from = digest(LOGIC, exposure_meaning(study), inputs.days, inputs.features, inputs.missing)
    standing = table.current(made_from)
    if standing is not None:
        return standing
    offered: dict[str, Input] = {"rows": lake.trusted(study.plan.exposure.dataset).files(inputs.days)}
    for name, days in inputs.features.items():
        offered[f"feature_{name}"] = lake.feature(name).files(days)
    read = {"days": inputs.days, "features": inputs.features}
    facts = {"as_of": as_of.isoformat(), **read, "missing_days": inputs.missing}
    with engine.batches(exposures_query(study), offered) as rows:
        return table.publish(rows, generation=generation, input_digest=made_from, facts=facts)


def exposure_meaning(study: Study) -> dict[str, Any]:
    """The part of a study's documents that decides who is exposed, when, and in which segment."""
    plan = study.plan
    features = [*study.covariates, *study.segment_features.values()]
    cluster = cluster_column(plan.design)
    return {
        **({} if cluster is None else {"cluster": cluster}),
        "entity": plan.entity,
        "arms": sorted(plan.design.arms),
        "exposure": plan.exposure.model_dump(mode="json"),
        "dates": [plan.starts.isoformat(), plan.ends.isoformat()],
        "segments": {name: segment.model_dump(mode="json") for name, segment in plan.segments.items()},
        "features": {feature.name: digest(feature) for feature in features},
    }
