"""Assets of one day of data: raw, trusted, quarantine, features, unit_days; one set per document of the catalog."""

from collections.abc import Callable, Iterator
from datetime import date
from time import perf_counter
from typing import Any

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog, Feature, Source
from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.feature_inputs import dataset_of
from impact_pipeline.defs.metadata import result_of
from impact_pipeline.defs.partitions import days_of
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.stages.data import RAW_LOGIC, TRUSTED_LOGIC, extract, fold, publish
from impact_pipeline.stages.feature import build_feature
from impact_pipeline.stages.guarded import guarded
from impact_pipeline.stages.outcome import Outcome
from impact_pipeline.stages.workspace import Workspace

Stage = Callable[[Workspace, date], Outcome]


def raw_asset(catalog: Catalog, dataset: str) -> dg.AssetsDefinition:
    """`raw/<dataset>`: the day as its source delivered it, staged."""
    source, contract = catalog.source_of(dataset), catalog.contracts[dataset]
    return _day_asset(
        catalog, source, ["raw", dataset], lambda workspace, day: extract(workspace, dataset, day),
        group="extract", owner=contract.owner, kinds={source.type}, deps=[], code_version=RAW_LOGIC,
        description=f"{contract.description.purpose} Staged rows, ids as pseudonyms: only validation reads this.",
        retry=dg.RetryPolicy(max_retries=2, delay=2),
    )  # fmt: skip


def published_assets(catalog: Catalog, dataset: str) -> dg.AssetsDefinition:
    """`trusted/<dataset>` and `quarantine/<dataset>`, published by one step: the second never without the first."""
    contract, days = catalog.contracts[dataset], days_of(catalog.source_of(dataset))
    owned: dict[str, Any] = {"owners": [contract.owner], "group_name": "validate", "partitions_def": days}
    deps, version = [["raw", dataset]], f"{TRUSTED_LOGIC} contract {contract.version}"
    trusted = dg.AssetSpec(
        ["trusted", dataset], deps=deps, kinds={"deltalake", "duckdb"}, code_version=version, **owned,
        description=f"Rows of {dataset} that met contract {contract.version}. {contract.description.purpose}",
    )  # fmt: skip
    quarantine = dg.AssetSpec(
        ["quarantine", dataset], deps=deps, kinds={"deltalake"}, code_version=version, **owned,
        description=f"Rows of {dataset} that broke contract {contract.version}, each with its reasons.",
    )  # fmt: skip

    @dg.multi_asset(
        specs=[trusted, quarantine], name=f"publish_{dataset}", pool=f"lake_{dataset}",
        backfill_policy=dg.BackfillPolicy.multi_run(1),
    )  # fmt: skip
    def published(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource
    ) -> Iterator[dg.MaterializeResult[Any]]:
        opened, day, began = workspace.open(catalog), context.partition_key, perf_counter()
        stage = lambda: publish(opened, dataset, date.fromisoformat(day))  # noqa: E731
        accepted, refused = guarded(opened, f"trusted/{dataset}", day, stage)
        yield result_of(accepted, perf_counter() - began, ["trusted", dataset])
        yield result_of(refused, perf_counter() - began, ["quarantine", dataset])

    return published


def feature_asset(catalog: Catalog, view: str) -> dg.AssetsDefinition:
    """`features/<view>`: what was known at the start of the day. Depends on the days before, never on its own."""
    feature = catalog.features[view]
    kinds = {"deltalake", "duckdb", *(("python",) if isinstance(feature, LearntFeature) else ())}
    return _day_asset(
        catalog, catalog.source_of(dataset_of(catalog, feature)), ["features", view],
        lambda workspace, day: build_feature(workspace, view, day),
        group="features", owner=feature.owner, kinds=kinds, code_version=f"v{feature.version}",
        deps=_known_before(catalog, feature), description=feature.description,
    )  # fmt: skip


def _known_before(catalog: Catalog, feature: Feature) -> list[dg.AssetDep]:
    """Rows of the days before; of a learnt feature also its inputs, as of the day and as of its training day."""
    if not isinstance(feature, LearntFeature):
        return [dg.AssetDep(["trusted", feature.dataset], partition_mapping=_days(-feature.lookback_days, -1))]
    rows, inputs = _days(-feature.horizon_days, -1), _days(-feature.horizon_days, 0)
    target = dg.AssetDep(["trusted", dataset_of(catalog, feature)], partition_mapping=rows)
    return [target, *(dg.AssetDep(["features", name], partition_mapping=inputs) for name in feature.inputs)]


def _days(first: int, last: int) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(
        start_offset=first, end_offset=last, allow_nonexistent_upstream_partitions=True
    )


def fold_asset(catalog: Catalog, fact_name: str) -> dg.AssetsDefinition:
    """`unit_days/<fact>`: one row per unit and day, shared by all studies."""
    fact = catalog.facts[fact_name]
    return _day_asset(
        catalog, catalog.source_of(fact.dataset), ["unit_days", fact_name],
        lambda workspace, day: fold(workspace, fact_name, day),
        group="fold", owner=fact.owner, kinds={"deltalake", "duckdb"}, code_version=None,
        deps=[["trusted", fact.dataset]], description=fact.description,
    )  # fmt: skip


def _day_asset(
    catalog: Catalog, source: Source, key: list[str], stage: Stage, *, group: str, owner: str, kinds: set[str],
    deps: list[Any], description: str, code_version: str | None, retry: dg.RetryPolicy | None = None,
) -> dg.AssetsDefinition:  # fmt: skip
    """An asset whose partition is one UTC day of a source."""

    @dg.asset(
        key=key, partitions_def=days_of(source), deps=deps, group_name=group, owners=[owner], kinds=kinds,
        description=description, code_version=code_version, retry_policy=retry, pool=f"lake_{'_'.join(key)}",
        tags={"source": source.name}, backfill_policy=dg.BackfillPolicy.multi_run(1),
    )  # fmt: skip
    def day_asset(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> dg.MaterializeResult[Any]:
        opened, day, began = workspace.open(catalog), context.partition_key, perf_counter()
        outcome = guarded(opened, "/".join(key), day, lambda: stage(opened, date.fromisoformat(day)))
        return result_of(outcome, perf_counter() - began)

    return day_asset
