"""Assets of studies: one step takes every study of the run through all stages, each on its own.

A study that fails stops at the stage that failed; the others finish, their partitions are recorded, and the step fails
at its end naming exactly the studies that did not. 300 studies cost one process.
"""

from collections.abc import Iterator
from datetime import date, datetime
from time import perf_counter
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.defs.metadata import event_of
from impact_pipeline.defs.partitions import AS_OF_TAG, CLOCK_TAG, studies_of
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.stages.guarded import StageFailed, guarded
from impact_pipeline.stages.outcome import Outcome
from impact_pipeline.stages.study import STAGES, Stage, look_date
from impact_pipeline.stages.workspace import Workspace

_TOLD = {
    "exposures": ("expose", "Each unit's first contact with an arm, its cohort day, segments and covariates."),
    "cells": ("measure", "Exact moments of closed windows by cohort day, arm, segment and metric."),
    "findings": ("diagnose", "May the estimates be believed? Sample ratio, balance, mixed units, missing days."),
    "estimates": ("estimate", "Effects with intervals, or the reason why there is none."),
    "verdict": ("decide", "Ship, hold, rollback, inconclusive or invalid, with reasons and money."),
}


_AFTER = {"findings": ("cells",), "estimates": ("cells",), "verdict": ("findings", "estimates")}


def study_assets(catalog: Catalog) -> dg.AssetsDefinition:
    """`study/exposures` to `study/verdict`, partitioned by study."""
    specs = [_spec(catalog, stage) for stage in STAGES]

    @dg.multi_asset(
        specs=specs, name="study", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(), pool="studies"
    )
    def study(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Iterator[Any]:
        clock = context.run.tags.get(CLOCK_TAG)
        opened = workspace.open(catalog, datetime.fromisoformat(clock) if clock else None)
        chosen = {
            name: stage for name, stage in STAGES.items() if dg.AssetKey(["study", name]) in context.selected_asset_keys
        }
        failed = [message for name in context.partition_keys for message in _look(context, opened, name, chosen)]
        if failed:
            raise dg.Failure(f"{len(failed)} of {len(context.partition_keys)} studies failed:\n" + "\n".join(failed))
        yield from ()

    return study


def _spec(catalog: Catalog, stage: str) -> dg.AssetSpec:
    group, description = _TOLD[stage]
    kind = "duckdb" if stage in ("exposures", "cells") else "python"
    return dg.AssetSpec(
        ["study", stage], deps=_deps(catalog, stage), partitions_def=studies_of(catalog), skippable=True,
        group_name=group, description=description, owners=_owners(catalog), kinds={kind},
    )  # fmt: skip


def _deps(catalog: Catalog, stage: str) -> list[dg.AssetDep | list[str]]:
    everything = dg.AllPartitionMapping()

    def all_of(kind: str, names: set[str]) -> list[dg.AssetDep | list[str]]:
        return [dg.AssetDep([kind, name], partition_mapping=everything) for name in sorted(names)]

    studies = [catalog.study(name) for name in catalog.plans]
    if stage == "exposures":
        features = {f.name for s in studies for f in (*s.covariates, *s.segment_features.values())}
        return [
            *all_of("trusted", {b.contacts.dataset for s in studies for b in s.bases}),
            *all_of("features", features),
        ]
    if stage == "cells":
        facts = {fact.name: fact for s in studies for fact in s.facts}
        folded = {name for name, fact in facts.items() if fact.fold == "unit_days"}
        trusted = all_of("trusted", {fact.dataset for fact in facts.values()})
        return [["study", "exposures"], *trusted, *all_of("unit_days", folded)]
    return [["study", name] for name in _AFTER[stage]]


def _owners(catalog: Catalog) -> list[str]:
    return sorted({plan.owner for plan in catalog.plans.values()})


def _look(
    context: dg.AssetExecutionContext, workspace: Workspace, name: str, stages: dict[str, Stage]
) -> Iterator[str]:
    """Take one study through the stages, recording each; yields what failed, if anything did."""
    night = context.run.tags.get(AS_OF_TAG)
    for stage_name, stage in stages.items():
        began = perf_counter()
        try:
            outcome = guarded(workspace, f"study/{stage_name}", name, lambda s=stage: _made(workspace, name, s, night))  # type: ignore[misc]
        except StageFailed as failed:
            context.log.error(str(failed))
            yield str(failed)
            return
        context.log_event(event_of(outcome, perf_counter() - began, dg.AssetKey(["study", stage_name]), name))


def _made(workspace: Workspace, name: str, stage: Stage, night: str | None) -> Outcome:
    study: Study = workspace.catalog.study(name)
    as_of = look_date(study, workspace.lake, date.fromisoformat(night) if night else None)
    return stage(workspace, study, as_of)
