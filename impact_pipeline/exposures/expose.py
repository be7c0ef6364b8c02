"""Publish a study's exposures: each unit's first contact with an arm, its cohort day, segments and covariates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BIN, arm_shares, cluster_column
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.meaning import definition
from impact_pipeline.catalog.plan import EvaluationPlan, ExposureRule
from impact_pipeline.engines.base import Engine, Input
from impact_pipeline.exposures.other_study import other_table
from impact_pipeline.exposures.query import exposures_query
from impact_pipeline.lake.lake import Lake, days_between, published_days
from impact_pipeline.lake.tables import Publication

LOGIC = "exposures/2"
"""Part of every input digest: raised when a change here changes what is made from the same inputs."""


@dataclass(frozen=True, slots=True)
class ExposureInputs:
    """What a look reads: exposure days, per feature cohort days, per other study its exposure days, with fingerprints.

    And what is missing, by product.
    """

    days: dict[str, str]
    features: dict[str, dict[str, str]]
    others: dict[str, dict[str, str]]
    missing: dict[str, tuple[str, ...]]

    @property
    def read(self) -> dict[str, Any]:
        """What is recorded of them."""
        return {"days": self.days, "features": self.features, "others": self.others}


def exposure_inputs(study: Study, as_of: date, lake: Lake) -> ExposureInputs:
    """The published inputs of a look at `as_of`."""
    wanted = _days_wanted(study, as_of, lake)
    contacts = study.contacts.dataset
    days = dict(published_days(lake.trusted(contacts), wanted))
    names = sorted({f.name for f in study.covariates} | {f.name for f in study.segment_features.values()})
    features = {name: dict(published_days(lake.feature(name), wanted)) for name in names}
    found = {f"trusted/{contacts}": days, **{f"features/{name}": got for name, got in features.items()}}
    missing = {key: {day for day in wanted if day not in got} for key, got in found.items()}
    others: dict[str, dict[str, str]] = {}
    for name, other in study.other_studies.items():
        theirs = days_between(other.starts, min(other.ends, as_of))
        others[name] = dict(published_days(lake.trusted(other.exposure.dataset), theirs))
        missing.setdefault(f"trusted/{other.exposure.dataset}", set()).update(
            d for d in theirs if d not in others[name]
        )
    return ExposureInputs(days, features, others, {key: tuple(sorted(gaps)) for key, gaps in missing.items() if gaps})


def _days_wanted(study: Study, as_of: date, lake: Lake) -> tuple[str, ...]:
    """The days of enrolment so far; of a causal design every day that stands, for what is read is told by its rows."""
    plan = study.plan
    if not study.samples:
        return days_between(plan.starts, min(plan.ends, as_of))
    return tuple(sorted(day for day in lake.trusted(study.contacts.dataset).states() if day <= as_of.isoformat()))


def expose(study: Study, as_of: date, *, lake: Lake, engine: Engine, generation: str) -> Publication:
    """Publish `study/exposures` as known at the end of `as_of`. Units seen in several arms are kept, marked `mixed`."""
    table = lake.exposures(study.table)
    inputs = exposure_inputs(study, as_of, lake)
    made_from = digest(LOGIC, exposure_meaning(study), inputs.read, inputs.missing)
    standing = table.current(made_from)
    if standing is not None:
        return standing
    offered: dict[str, Input] = {"rows": lake.trusted(study.contacts.dataset).files(inputs.days)}
    for name, days in inputs.features.items():
        offered[f"feature_{name}"] = lake.feature(name).files(days)
    for name, days in inputs.others.items():
        offered[other_table(name)] = lake.trusted(study.other_studies[name].exposure.dataset).files(days)
    facts = {"as_of": as_of.isoformat(), **inputs.read, "missing_days": inputs.missing}
    with engine.batches(exposures_query(study), offered, joins_as_written=True) as rows:
        return table.publish(rows, generation=generation, input_digest=made_from, facts=facts)


def exposure_meaning(study: Study) -> dict[str, Any]:
    """The part of a study's documents that decides who is exposed, when, and in which segment."""
    plan = study.plan
    features = [*study.covariates, *study.segment_features.values()]
    return {
        **_contact_meaning(plan, study.contacts),
        "cluster": [cluster_column(plan.design), getattr(plan.design, "block_minutes", None)],
        "bins": BIN in study.splits,
        **({"samples": [sample.model_dump(mode="json") for sample in study.samples]} if study.samples else {}),
        "others": {name: _contact_meaning(other, other.exposure) for name, other in study.other_studies.items()},
        "segments": {name: segment.model_dump(mode="json") for name, segment in plan.segments.items()},
        "features": {feature.name: definition("feature", feature) for feature in features},
    }


def _contact_meaning(plan: EvaluationPlan, rule: ExposureRule) -> dict[str, Any]:
    """Which rows are contacts with a plan's arms."""
    return {
        "entity": plan.entity,
        "arms": sorted(arm_shares(plan.design)),
        "exposure": rule.model_dump(mode="json"),
        "dates": [plan.starts.isoformat(), plan.ends.isoformat()],
    }
