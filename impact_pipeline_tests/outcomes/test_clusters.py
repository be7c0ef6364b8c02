"""A small shop whose stores are randomised: exposures with their cluster, cells by cluster against a count by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline.stages.exposure_lineage import exposure_lineage
from impact_pipeline_tests.outcomes.shop_rows import LAST, Rows, cents, fill, from_lake, look, random_rows, units
from impact_pipeline_tests.small_shop import ENGINE, document, write_catalog

STORES = "abcdef"
WANDERER = 4
"""A user who is seen in two stores of one arm."""

SEGMENTS = "segments:\n  device: {type: column, column: device}\n  country: {type: feature, feature: country}\n"


def by_store(root: Path) -> Catalog:
    plan = document("studies/ranker_v2.yaml").replace(SEGMENTS, "")
    plan = plan.replace("type: randomized,", "type: cluster_randomized, cluster: device,")
    write_catalog(root)
    contract = root / "contracts" / "exposures.yaml"
    text = contract.read_text(encoding="utf-8").replace("{name: device,", "{name: device, required: true,")
    return write_catalog(root, changes={"studies/ranker_v2.yaml": plan, "contracts/exposures.yaml": text})


def store_rows() -> Rows:
    """The first three stores are control's, the others treatment's; the device column names the store."""
    rows = random_rows(3)
    for contact in (contact for day in rows["exposures"].values() for contact in day):
        store = STORES[contact["user_id"] % 6]
        contact["device"], contact["arm"] = store, "control" if store in "abc" else "treatment"
    first = next(c for day in rows["exposures"].values() for c in day if c["user_id"] == WANDERER)
    again = {**first, "device": "a" if first["device"] != "a" else "b", "exposed_at": first["exposed_at"]}
    rows["exposures"]["2026-03-06"].append({**again, "exposed_at": first["exposed_at"] + timedelta(minutes=1)})
    return rows


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Catalog, Lake, Rows]:
    catalog, lake, rows = by_store(tmp_path / "catalog"), Lake(tmp_path), store_rows()
    fill(lake, catalog, rows)
    look(catalog, lake, LAST)
    return catalog, lake, rows


def revenue_by_store(rows: Rows) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """(cohort day, arm, store) -> units, revenue and its square, of units of one store."""
    found: dict[tuple[Any, ...], tuple[int, int, int]] = {}
    for unit in units(rows):
        if unit.user != WANDERER and unit.cohort + timedelta(days=2) <= LAST:
            value = sum(cents(row) for day, row in unit.orders if day <= 2)
            n, y, yy = found.get(key := (unit.cohort, unit.arm, dict(unit.segments)["device"]), (0, 0, 0))
            found[key] = (n + 1, y + value, yy + value**2)
    return found


def test_cells_by_cluster_equal_a_count_by_hand(stores: tuple[Catalog, Lake, Rows]) -> None:
    _, lake, rows = stores
    published = {
        (day, arm, value): (sums["n"], sums["y"], sums["yy"])
        for (day, arm, segment, value), sums in from_lake(lake, "revenue").items()
        if segment == CLUSTER
    }
    assert published == revenue_by_store(rows)


def test_clusters_add_up_to_all_units(stores: tuple[Catalog, Lake, Rows]) -> None:
    cells = read_cells(stores[1].cells("ranker_v2"), ENGINE)
    assert cells.clusters() == tuple(STORES)
    assert list(cells.segments()) == []
    for arm in ("control", "treatment"):
        parts = [cells.moments("revenue", arm, (CLUSTER, store)) for store in STORES]
        whole = cells.moments("revenue", arm)
        assert (sum(part.n for part in parts), sum(part.yy for part in parts)) == (whole.n, whole.yy)
        assert cells.new_clusters(arm) == 3
    assert sum(cells.new_clusters("control", [day]) for day in cells.cohort_days()) == 3


def test_a_unit_of_two_clusters_is_in_no_cell(stores: tuple[Catalog, Lake, Rows]) -> None:
    table = ENGINE.table(exp.select("*").from_("e"), {"e": stores[1].exposures("ranker_v2").files()}).to_pylist()
    by_user = {row["unit"]: row for row in table}
    assert by_user[WANDERER]["mixed"] is True
    assert sum(row["mixed"] for row in table) == read_cells(stores[1].cells("ranker_v2"), ENGINE).mixed_units == 1
    assert all(row["cluster"] == STORES[user % 6] for user, row in by_user.items() if user != WANDERER)


def test_the_cluster_is_part_of_what_exposures_are_made_from(stores: tuple[Catalog, Lake, Rows]) -> None:
    _, lake, _ = stores
    before = lake.exposures("ranker_v2").state()
    other = document("studies/ranker_v2.yaml").replace(SEGMENTS, "")
    look(write_catalog(lake.home / "catalog", changes={"studies/ranker_v2.yaml": other}), lake, LAST, generation="2")
    after = lake.exposures("ranker_v2").state()
    assert before is not None
    assert after is not None
    assert before.input_digest != after.input_digest
    assert read_cells(lake.cells("ranker_v2"), ENGINE).clusters() == ()


def test_lineage_names_the_clusters_column(stores: tuple[Catalog, Lake, Rows]) -> None:
    study = stores[0].study("ranker_v2")
    assert exposure_lineage(study)["cluster"] == ((("trusted", "exposures"), "device"),)
