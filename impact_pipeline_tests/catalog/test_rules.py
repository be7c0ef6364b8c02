"""Each rule between documents: the catalog in which it holds is `mini`, here is what breaks it and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline_tests.catalog.mini import write_mini

CASES = yaml.safe_load((Path(__file__).parent / "data" / "rules.yaml").read_text(encoding="utf-8"))


def test_the_catalog_that_keeps_every_rule_has_no_fault(tmp_path: Path) -> None:
    assert read_catalog(write_mini(tmp_path)).broken == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}-{case['new']}")
def test_a_broken_rule_is_told_where_it_is_broken(tmp_path: Path, case: dict[str, str]) -> None:
    catalog = read_sound_part(write_mini(tmp_path, (case["file"], case["old"], case["new"])))
    found = [str(issue) for issues in catalog.broken.values() for issue in issues]
    assert any(fault.startswith(case["told"]) for fault in found), "\n".join(found)


def test_a_dataset_has_one_source(tmp_path: Path) -> None:
    second = (
        "type: database\nname: store\nowner: team:data\ndescription: test\nurl: env:SHOP_URL\nfirst_day: 2026-03-01\n"
        "datasets:\n  orders: {table: orders, day_column: happened_at}\n"
    )
    catalog = read_sound_part(write_mini(tmp_path, ("sources/store.yaml", "", second)))
    assert str(catalog.broken["source", "store"][0]) == (
        "sources/store.yaml:8: datasets.orders: dataset 'orders' is already delivered by source 'shop'; "
        "remove it from one"
    )
