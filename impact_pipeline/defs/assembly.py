"""All definitions of one home: assets and checks from its catalog, jobs, schedules and sensors over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.defs.assets.calibration import calibration_asset
from impact_pipeline.defs.assets.data import feature_asset, fold_asset, published_assets, raw_asset
from impact_pipeline.defs.assets.portfolio import portfolio_assets
from impact_pipeline.defs.assets.studies import study_assets
from impact_pipeline.defs.automation import jobs_of, schedules_of, sensors_of
from impact_pipeline.defs.checks import contract_checks, learnt_check, uniqueness_check
from impact_pipeline.defs.resources import WorkspaceResource
from impact_pipeline.defs.unstable import accepted_features


def definitions_of(home: Path, *, threads: int = 2, memory_limit: str = "2GB") -> dg.Definitions:
    """Definitions for the catalog under `home`. Documents with faults are left out; `impact check` names them."""
    catalog = read_sound_part(home / "catalog")
    jobs = jobs_of(catalog)
    with accepted_features():
        return dg.Definitions(
            assets=dg.with_source_code_references(list(assets_of(catalog))),
            asset_checks=list(checks_of(catalog)),
            jobs=list(jobs.values()),
            schedules=schedules_of(catalog, jobs),
            sensors=sensors_of(jobs),
            resources={"workspace": WorkspaceResource(home=str(home), threads=threads, memory_limit=memory_limit)},
            executor=dg.in_process_executor,
        )


def assets_of(catalog: Catalog) -> Iterator[dg.AssetsDefinition]:
    for dataset in catalog.datasets:
        yield raw_asset(catalog, dataset)
        yield published_assets(catalog, dataset)
    for view in sorted(catalog.features):
        yield feature_asset(catalog, view)
    for name in sorted(name for name, fact in catalog.facts.items() if fact.fold == "unit_days"):
        yield fold_asset(catalog, name)
    if catalog.studies:
        yield study_assets(catalog)
        yield from portfolio_assets(catalog)
        yield calibration_asset(catalog)


def checks_of(catalog: Catalog) -> Iterator[dg.AssetChecksDefinition]:
    for dataset in catalog.datasets:
        yield contract_checks(catalog, dataset)
        over_table = uniqueness_check(catalog, dataset)
        if over_table is not None:
            yield over_table
    for view, feature in sorted(catalog.features.items()):
        if isinstance(feature, LearntFeature):
            yield learnt_check(catalog, view)
