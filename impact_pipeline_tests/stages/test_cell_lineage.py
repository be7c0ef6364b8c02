from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.stages.cell_lineage import cell_lineage
from impact_pipeline_tests.outcomes.test_metric_types import documents
from impact_pipeline_tests.small_shop import write_catalog

ORDERS, PROFILES = ("trusted", "orders"), ("trusted", "profiles")


@pytest.mark.parametrize(
    ("metric", "columns"),
    [
        ("plain_revenue", {(ORDERS, "amount")}),
        ("margin", {(ORDERS, "amount"), (ORDERS, "items")}),
        ("web_orders", {(ORDERS, "channel"), (ORDERS, "ordered_at")}),
        ("order_days", {(ORDERS, "ordered_at")}),
        ("euros_per_view", {(ORDERS, "amount")}),
        ("p90_amount", {(ORDERS, "amount"), (ORDERS, "channel")}),
        (
            "checkout",
            {(PROFILES, "seen_at"), (ORDERS, "ordered_at"), (ORDERS, "channel"), (ORDERS, "amount")},
        ),
    ],
)
def test_a_metric_rests_on_the_columns_of_all_its_parts(
    tmp_path: Path, metric: str, columns: set[tuple[tuple[str, ...], str]]
) -> None:
    study = write_catalog(tmp_path, changes=documents(metric)).study("ranker_v2")
    assert set(cell_lineage(study)[metric]) == columns
