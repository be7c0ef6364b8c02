"""Cells that are kept through an edit are those that would be measured anew."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells_table import read_rows
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline_tests.outcomes.shop_rows import LAST, look
from impact_pipeline_tests.small_shop import ENGINE, document, write_catalog

REVENUE, BUYERS, ORDERS = "metrics/revenue.yaml", "metrics/web_buyers.yaml", "facts/orders.yaml"
EDITS = {
    "filter": ({BUYERS: document(BUYERS).replace("'web'", "'app'")}, ["web_buyers"]),
    "covariate": ({REVENUE: document(REVENUE).replace("covariates: [revenue_before]\n", "")}, ["revenue"]),
    "window": ({REVENUE: document(REVENUE).replace("days: 3", "days: 2")}, ["revenue"]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_kept_cells_equal_those_measured_anew(filled: Path, tmp_path: Path, edit: str) -> None:
    changes, measured = EDITS[edit]
    kept, anew = (Lake(shutil.copytree(filled, tmp_path / name)) for name in ("kept", "anew"))
    look(write_catalog(tmp_path / "before"), kept, LAST)
    catalog = write_catalog(tmp_path / "after", changes=changes)
    again = look(catalog, kept, LAST, generation="2")
    fresh = look(catalog, anew, LAST)
    assert again.state.facts["metrics_measured"] == measured
    assert again.state.fingerprint == fresh.state.fingerprint
    assert read_rows(kept.cells("ranker_v2"), ENGINE).equals(read_rows(anew.cells("ranker_v2"), ENGINE))


def test_days_folded_by_another_definition_are_as_good_as_missing(filled: Path, tmp_path: Path) -> None:
    lake = Lake(shutil.copytree(filled, tmp_path / "lake"))
    scaled = document(ORDERS).replace("amount, unit: EUR, scale: 2", "amount, unit: EUR, scale: 3")
    catalog = write_catalog(tmp_path / "catalog", changes={ORDERS: scaled})
    missing = look(catalog, lake, LAST, generation="2").state.facts["missing_days"]["orders"]
    assert missing
    for day in missing:
        fact, on = catalog.facts["orders"], date.fromisoformat(day)
        fold_day(catalog, fact, on, lake=lake, engine=ENGINE, generation="3")
    assert look(catalog, lake, LAST, generation="4").state.facts["missing_days"] == {}
