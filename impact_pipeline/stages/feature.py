"""The stage of one day of a feature view, and what a learnt one's models are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from impact_pipeline.catalog.catalog import Catalog, Feature
from impact_pipeline.catalog.feature import FeatureOfRows, LearntFeature
from impact_pipeline.catalog.feature_inputs import inputs_of, target_total
from impact_pipeline.features.build import LOGIC, build_day
from impact_pipeline.features.learnt_inputs import LOGIC as LEARNT_LOGIC
from impact_pipeline.features.provenance import source_columns
from impact_pipeline.features.query import compiled_of
from impact_pipeline.stages.outcome import ColumnLineage, Outcome, outcome_of
from impact_pipeline.stages.workspace import Workspace

SHOWN_OF_LEARNT = (
    "model", "training_day", "horizon_days", "units_trained", "untrained", "outcome_mean", "r2_out_of_fold",
    "r2_in_sample", "importances", "input_shift",
)  # fmt: skip


def build_feature(workspace: Workspace, view: str, day: date) -> Outcome:
    """Publish `features/<view>` of one day."""
    catalog, lake = workspace.catalog, workspace.lake
    feature = catalog.features[view]
    done = build_day(catalog, feature, day, lake=lake, engine=workspace.engine, generation=workspace.generation)
    shown = {
        "version": feature.version,
        "owner": feature.owner,
        "as_of": feature.as_of,
        "remediation": str(done.state.facts["remediation"]),
        "days_missing": len(done.state.facts["missing_days"]),
        **_shown(feature, done.state.facts),
    }
    logic = LEARNT_LOGIC if isinstance(feature, LearntFeature) else LOGIC
    upstream = _upstream(feature, done.state.facts["input_days"])
    lineage = feature_lineage(catalog, feature)
    return outcome_of(lake.feature(view), done, logic, lineage=lineage, upstream=upstream, facts=shown)


def feature_lineage(catalog: Catalog, feature: Feature) -> ColumnLineage:
    """Where unit and value come from: of a learnt feature, from its inputs' values and the target's trusted columns."""
    if not isinstance(feature, LearntFeature):
        return _lineage_of_rows(catalog, feature)
    inputs = [("features", one.name) for one in inputs_of(catalog, feature)]
    target = _lineage_of_rows(catalog, target_total(catalog, feature))["value"]
    return {
        "unit": tuple((asset, "unit") for asset in inputs),
        "value": (*((asset, "value") for asset in inputs), *target),
    }


def _lineage_of_rows(catalog: Catalog, feature: FeatureOfRows) -> ColumnLineage:
    identifier = catalog.contracts[feature.dataset].identifier_of(feature.entity) or ""
    source, columns = ("trusted", feature.dataset), source_columns(feature, *compiled_of(catalog, feature))
    return {"unit": ((source, identifier),), "value": tuple((source, column) for column in columns)}


def _upstream(feature: Feature, input_days: Mapping[str, Any]) -> dict[str, str]:
    """'asset day' -> fingerprint."""
    read = input_days if isinstance(feature, LearntFeature) else {f"trusted/{feature.dataset}": input_days}
    return {f"{asset} {day}": mark for asset, days in read.items() for day, mark in days.items()}


def _shown(feature: Feature, facts: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(feature, LearntFeature):
        known = {name: facts[name] for name in SHOWN_OF_LEARNT if facts.get(name) is not None}
        return {"target": str(facts["target"]), "inputs": ", ".join(facts["inputs"]), **known}
    return {
        "transformation": facts["transformation"],
        "lookback_days": feature.lookback_days,
        "days_read": len(facts["input_days"]),
    }


@dataclass(frozen=True, slots=True)
class Skill:
    """Whether the models of a learnt feature's day explain totals of units that they did not see, and what is known."""

    passed: bool
    facts: Mapping[str, Any]


def skill_of(workspace: Workspace, view: str, day: date) -> Skill:
    """Of the published day; a day that was never built has none."""
    state = workspace.lake.feature(view).state(day.isoformat())
    if state is None:
        return Skill(False, {"untrained": "the day has not been published"})
    explained = state.facts.get("r2_out_of_fold")
    names = ("untrained", "units_trained", "r2_out_of_fold", "r2_in_sample", "input_shift")
    known = {name: state.facts[name] for name in names if state.facts.get(name) is not None}
    return Skill(explained is not None and explained > 0, known)
