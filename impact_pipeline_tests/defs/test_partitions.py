"""Partition keys are a function of the catalog; a batch of studies is as few ranges as possible."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_sound_part
from impact_pipeline.defs.partitions import contiguous, study_keys
from impact_pipeline_tests.small_shop import document, write_catalog

KEYS = ("a", "b", "c", "d", "e")


@pytest.mark.parametrize(
    ("wanted", "ranges"),
    [
        ("", []),
        ("c", [("c", "c")]),
        ("abcde", [("a", "e")]),
        ("abde", [("a", "b"), ("d", "e")]),
        ("eca", [("a", "a"), ("c", "c"), ("e", "e")]),
        ("ba?", [("a", "b")]),
    ],
)
def test_wanted_keys_become_ranges_that_hold_nothing_else(wanted: str, ranges: list[tuple[str, str]]) -> None:
    assert contiguous(KEYS, wanted) == ranges


def test_studies_stand_in_order_of_their_start(tmp_path: Path) -> None:
    plan = document("studies/ranker_v2.yaml")
    later = plan.replace("name: ranker_v2", "name: a_later_study").replace("starts: 2026-03-04", "starts: 2026-03-05")
    catalog = write_catalog(tmp_path, changes={"studies/later.yaml": later})
    assert study_keys(catalog) == ("ranker_v2", "a_later_study")


def test_a_faulty_plan_keeps_its_partition(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    faulty = document("studies/ranker_v2.yaml").replace("entity: user", "entity: nobody")
    (tmp_path / "studies" / "ranker_v2.yaml").write_text(faulty)
    assert study_keys(read_sound_part(tmp_path)) == ("ranker_v2",)
