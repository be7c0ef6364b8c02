"""The definitions of the bundled catalog: every asset says whose it is, where it stands and where its code is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from impact_pipeline.catalog.feature_inputs import dataset_of
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline.defs.assembly import assets_of, checks_of, definitions_of
from impact_pipeline.defs.checks import ACCEPTED

HOME = Path(__file__).parents[2] / "data"
GROUPS = {
    "raw": "extract", "trusted": "validate", "quarantine": "validate", "features": "features", "unit_days": "fold",
    "kpis": "kpis", "reports": "reports",
}  # fmt: skip
STAGE_GROUPS = {
    "exposures": "expose", "cells": "measure", "findings": "diagnose", "estimates": "estimate", "verdict": "decide",
}  # fmt: skip

OVER_ALL = {"kpis/impact", "kpis/portfolio", "kpis/calibration", "reports/site"}
"""Assets of no single document."""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return definitions_of(HOME)


def specs(definitions: dg.Definitions) -> Iterator[dg.AssetSpec]:
    yield from definitions.resolve_all_asset_specs()


def test_definitions_load(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_every_document_has_its_assets(definitions: dg.Definitions) -> None:
    catalog = read_catalog(HOME / "catalog")
    found = {"/".join(key.path) for key in definitions.resolve_all_asset_keys()}
    data = {f"{kind}/{dataset}" for dataset in catalog.datasets for kind in ("raw", "trusted", "quarantine")}
    folded = {f"unit_days/{name}" for name, fact in catalog.facts.items() if fact.fold == "unit_days"}
    stages = {f"study/{stage}" for stage in STAGE_GROUPS}
    features = {f"features/{name}" for name in catalog.features}
    assert found == data | folded | stages | features | OVER_ALL


def test_every_asset_has_group_kind_description_and_code(definitions: dg.Definitions) -> None:
    for spec in specs(definitions):
        kind, name = spec.key.path
        assert spec.group_name == (STAGE_GROUPS[name] if kind == "study" else GROUPS[kind]), spec.key
        assert spec.description, spec.key
        assert spec.kinds, spec.key
        assert "dagster/code_references" in spec.metadata, spec.key


def test_every_asset_of_a_document_has_its_owner(definitions: dg.Definitions) -> None:
    without = {"/".join(spec.key.path) for spec in specs(definitions) if not spec.owners}
    assert without == OVER_ALL


def test_data_are_partitioned_by_the_days_of_their_source_and_studies_by_study(definitions: dg.Definitions) -> None:
    bandit = definitions.resolve_assets_def(dg.AssetKey(["raw", "open_bandit_impressions"])).partitions_def
    assert bandit is not None
    assert bandit.get_partition_keys() == [f"2019-11-{day}" for day in range(24, 31)]
    studies = definitions.resolve_assets_def(dg.AssetKey(["study", "verdict"])).partitions_def
    assert studies is not None
    assert set(studies.get_partition_keys()) == set(read_catalog(HOME / "catalog").studies)


def test_a_check_has_the_partitions_of_its_asset() -> None:
    catalog = read_sound_part(HOME / "catalog")
    partitions = {key: asset.partitions_def for asset in assets_of(catalog) for key in asset.keys}
    for checks in checks_of(catalog):
        for spec in checks.check_specs:
            assert spec.partitions_def == partitions[spec.asset_key], spec


def test_only_the_decision_to_publish_blocks() -> None:
    catalog = read_sound_part(HOME / "catalog")
    found = [spec for checks in checks_of(catalog) for spec in checks.check_specs]
    assert {spec.name for spec in found if spec.blocking} == {ACCEPTED}
    assert {spec.asset_key.path[1] for spec in found if spec.blocking} == set(catalog.datasets)


def test_jobs_cover_every_asset(definitions: dg.Definitions) -> None:
    catalog = read_sound_part(HOME / "catalog")
    featured = {catalog.source_of(dataset_of(catalog, feature)).name for feature in catalog.features.values()}
    names = [*(f"data_{source}" for source in catalog.sources), *(f"features_{source}" for source in featured)]
    jobs = [*names, "studies", "portfolio", "calibration"]
    covered = {key for name in jobs for key in definitions.resolve_job_def(name).asset_layer.selected_asset_keys}
    assert covered == set(definitions.resolve_all_asset_keys())


def test_features_depend_on_days_before_their_own(definitions: dg.Definitions) -> None:
    feature = definitions.resolve_assets_def(dg.AssetKey(["features", "orders_14d_before"]))
    mapping = feature.get_partition_mapping(dg.AssetKey(["trusted", "orders"]))
    assert isinstance(mapping, dg.TimeWindowPartitionMapping)
    assert (mapping.start_offset, mapping.end_offset) == (-14, -1)
