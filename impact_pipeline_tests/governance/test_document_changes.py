from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.reached import Documents, documents_behind
from impact_pipeline.governance.document_changes import document_changes
from impact_pipeline_tests.small_shop import document, write_catalog

STUDY = "ranker_v2"


def documents(root: Path, file: str = "", old: str = "", new: str = "") -> Documents:
    changes = {file: document(file).replace(old, new)} if file else {}
    return documents_behind(write_catalog(root, changes=changes).study(STUDY))


@pytest.mark.parametrize(
    ("file", "old", "new", "document_", "field", "part"),
    [
        ("studies/ranker_v2.yaml", "hypothesis: better", "hypothesis: worse", "study ranker_v2", "hypothesis",
         "display"),
        ("studies/ranker_v2.yaml", "min_units_per_arm: 2", "min_units_per_arm: 9", "study ranker_v2",
         "decision.min_units_per_arm", "statistic"),
        ("studies/ranker_v2.yaml", "ends: 2026-03-06", "ends: 2026-03-05", "study ranker_v2", "ends", "data"),
        ("facts/orders.yaml", "expression: amount,", "expression: amount * 2,", "fact orders",
         "measures.revenue.expression", "data"),
        ("sources/shop.yaml", "root: raw", "root: other", "source shop", "root", "data"),
    ],
)  # fmt: skip
def test_a_change_is_told_with_its_part(
    tmp_path: Path, file: str, old: str, new: str, document_: str, field: str, part: str
) -> None:
    before, after = documents(tmp_path / "a"), documents(tmp_path / "b", file, old, new)
    [change] = document_changes(STUDY, before, after)
    assert (change.document, change.field, change.part) == (document_, field, part)


def test_equal_documents_have_no_changes(tmp_path: Path) -> None:
    assert document_changes(STUDY, documents(tmp_path / "a"), documents(tmp_path / "b")) == ()
