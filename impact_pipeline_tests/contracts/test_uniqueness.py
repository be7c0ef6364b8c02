from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.contracts.publish import publish_day
from impact_pipeline.contracts.uniqueness import TableUniqueness, table_rules, table_uniqueness
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.errors import LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline_tests.contracts.orders import column, contract, custom, stage

EVERYWHERE = {"metric": "duplicateValues", "mustBe": 0, "customProperties": custom(scope="table")}
PROMISED = contract(
    [
        column("order_id", "BIGINT", primaryKey=True, quality=[{**EVERYWHERE, "name": "order_once"}]),
        column("shop", "VARCHAR"),
    ],
    [{**EVERYWHERE, "severity": "warning", "arguments": {"properties": ["order_id", "shop"]}}],
)
ENGINE = DuckDBEngine(threads=1)


def published(home: Path, **days: dict[str, list[object]]) -> Lake:
    lake = Lake(home)
    for day, columns in days.items():
        date = f"2026-03-0{day[-1]}"
        stage(lake, pa.table(columns), date)
        publish_day(PROMISED, lake, ENGINE, date, generation="1", gx_rows=-1)
    return lake


def test_keys_that_differ_over_all_days_are_unique(tmp_path: Path) -> None:
    lake = published(tmp_path, day5={"order_id": [1, 2], "shop": ["a", "a"]}, day6={"order_id": [3], "shop": ["a"]})
    results = table_uniqueness(PROMISED, lake, ENGINE)
    assert [(result.rule, result.success) for result in results] == [
        ("order_once", True),
        ("order_id_shop_unique", True),
    ]


def test_a_key_repeated_across_days_is_found_with_its_days(tmp_path: Path) -> None:
    lake = published(
        tmp_path,
        day5={"order_id": [1, 2, 9], "shop": ["a", "a", None]},
        day6={"order_id": [1, 3], "shop": ["b", "a"]},
        day7={"order_id": [2, 1, 9], "shop": ["a", "c", None]},
    )
    assert table_uniqueness(PROMISED, lake, ENGINE) == (
        TableUniqueness("order_once", ("order_id",), "error", 3, 7, ("2026-03-05", "2026-03-06", "2026-03-07")),
        TableUniqueness("order_id_shop_unique", ("order_id", "shop"), "warning", 2, 4, ("2026-03-05", "2026-03-07")),
    )


def test_a_table_rule_does_not_judge_a_partition() -> None:
    assert [rule.name for rule in table_rules(PROMISED)] == ["order_once", "order_id_shop_unique"]


def test_without_table_rules_nothing_is_read(tmp_path: Path) -> None:
    assert table_uniqueness(contract([column("shop", "VARCHAR")]), Lake(tmp_path), ENGINE) == ()


def test_a_table_that_was_never_published_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="has not been published yet"):
        table_uniqueness(PROMISED, Lake(tmp_path), ENGINE)
