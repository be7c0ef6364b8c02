"""What Dagster recorded of whole nights: every materialization says how much, of what, from what and how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from impact_pipeline.defs.assembly import definitions_of
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.end_to_end.company import DATASETS, NIGHTS, STUDIES

EVERY = {
    "dagster/row_count", "impact/data_version", "impact/code_version", "impact/written", "impact/seconds",
    "impact/upstream_versions", "impact/upstream_count",
}  # fmt: skip
TABLES = {"trusted", "quarantine", "features", "unit_days", "kpis"}
WITH_LINEAGE = TABLES - {"kpis"}
LAST_DAY = NIGHTS[-1].isoformat()


@pytest.fixture(scope="module")
def instance(homes: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(homes / "done" / "dagster")) as instance:
        yield instance


def newest(instance: dg.DagsterInstance, key: dg.AssetKey) -> dg.AssetMaterialization:
    event = instance.get_latest_materialization_event(key)
    assert event is not None, key
    materialization = event.asset_materialization
    assert materialization is not None, key
    return materialization


def of(instance: dg.DagsterInstance, *path: str) -> Mapping[str, Any]:
    return {name: value.value for name, value in newest(instance, dg.AssetKey(path)).metadata.items()}


def test_every_asset_leaves_the_same_facts(homes: Path, instance: dg.DagsterInstance) -> None:
    for key in set(definitions_of(homes / "done").resolve_all_asset_keys()) - {dg.AssetKey(["kpis", "calibration"])}:
        kind, name = key.path
        recorded = set(newest(instance, key).metadata)
        assert recorded >= EVERY, key
        is_table = kind in TABLES or name in ("exposures", "cells")
        assert ("impact/table_version" in recorded) is (is_table and kind != "raw"), key
        assert ("dagster/column_schema" in recorded) is (is_table or kind == "raw"), key
        if kind in WITH_LINEAGE or key.path in (["study", "exposures"], ["study", "cells"]):
            assert "dagster/column_lineage" in recorded, key


def test_a_published_day_says_what_its_table_says(homes: Path, instance: dg.DagsterInstance) -> None:
    lake = Lake(homes / "done")
    for dataset in DATASETS:
        found, table = of(instance, "trusted", dataset), lake.trusted(dataset)
        state = table.states()[LAST_DAY]
        assert found["dagster/row_count"] == found["impact/rows_trusted"] == state.rows
        assert found["impact/rows_in"] == state.rows + found["impact/rows_quarantined"]
        assert (found["impact/data_version"], found["impact/table_version"]) == (state.fingerprint, table.version)
        assert found["impact/upstream_versions"] == {
            f"raw/{dataset}": of(instance, "raw", dataset)["impact/data_version"]
        }
        assert [c.name for c in found["dagster/column_schema"].columns] == table.schema().names


def test_lineage_names_the_columns_a_measure_is_computed_from(instance: dg.DagsterInstance) -> None:
    folded = of(instance, "unit_days", "orders")["dagster/column_lineage"].deps_by_column
    trusted = dg.AssetKey(["trusted", "orders"])
    assert {(d.asset_key, d.column_name) for d in folded["revenue"]} == {(trusted, "amount"), (trusted, "status")}
    assert {(d.asset_key, d.column_name) for d in folded["orders"]} == {(trusted, "status")}


def test_every_study_was_materialized_by_the_last_night(instance: dg.DagsterInstance) -> None:
    for stage in ("exposures", "cells", "findings", "estimates", "verdict"):
        assert instance.get_materialized_partitions(dg.AssetKey(["study", stage])) == set(STUDIES)
    assert of(instance, "study", "verdict")["impact/as_of"] == LAST_DAY
