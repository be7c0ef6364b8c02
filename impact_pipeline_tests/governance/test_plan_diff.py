from __future__ import annotations

from typing import Any

import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.governance.plan_diff import Change, changes, read_change
from impact_pipeline.governance.plan_documents import documents_of
from impact_pipeline_tests.catalog.test_schemas import BUNDLED

PLAN = "study ranker_v7"


def differing(edit: dict[str, dict[str, Any]]) -> list[tuple[str, str, str, bool]]:
    """What changes when top-level fields of documents are set: (document, field, part, binds)."""
    before = documents_of(read_catalog(BUNDLED).study("ranker_v7"))
    after = {name: {**content, **edit.get(name, {})} for name, content in before.items()}
    return [(c.document, c.field, c.part, c.binds) for c in changes(before, after)]


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ({PLAN: {"hypothesis": "x"}}, [(PLAN, "hypothesis", "display", False)]),
        ({PLAN: {"ends": "2026-04-01"}}, [(PLAN, "ends", "data", True)]),
        ({PLAN: {"looks": {"type": "x"}}}, [(PLAN, "looks.type", "statistic", True)]),
        ({PLAN: {"unheard_of": 1}}, [(PLAN, "unheard_of", "data", True)]),
        ({PLAN: {"segments": {}}}, [(PLAN, f"segments.{name}", "data", False) for name in ("country", "device")]),
        ({"metric orders_per_user": {"better": "lower"}}, [("metric orders_per_user", "better", "statistic", True)]),
        ({"metric buyer_share": {"better": "lower"}}, [("metric buyer_share", "better", "statistic", False)]),
        ({"metric orders_per_user": {"label": "x"}}, [("metric orders_per_user", "label", "display", False)]),
        ({"fact orders": {"event_at": "x"}}, [("fact orders", "event_at", "data", True)]),
        ({"contract orders": {"slaProperties": []}}, [("contract orders", "slaProperties", "data", False)]),
        ({"model search_ranker": {"product_area": "x"}}, [("model search_ranker", "product_area", "display", False)]),
    ],
)  # fmt: skip
def test_a_field_belongs_to_a_part(edit: dict[str, dict[str, Any]], found: list[tuple[str, str, str, bool]]) -> None:
    assert differing(edit) == found


def test_nothing_differs_from_itself() -> None:
    assert differing({}) == []


def test_the_order_of_metrics_means_nothing_and_their_names_all() -> None:
    before = documents_of(read_catalog(BUNDLED).study("ranker_v7"))
    uses = before[PLAN]["metrics"]
    assert differing({PLAN: {"metrics": uses[::-1]}}) == []
    assert differing({PLAN: {"metrics": uses[1:]}}) == [(PLAN, "metrics.orders_per_user", "data", True)]


def test_a_change_reads_as_a_sentence_and_survives_the_ledger() -> None:
    added = Change("study a", "metrics.orders", "data", True, None, {"role": "success"})
    assert str(added) == "metric added: orders (success)"
    assert str(Change("study a", "starts", "data", True, "2026-03-01", "2026-03-02")).startswith("dates moved: starts")
    assert (
        str(Change("metric m", "cap", "data", True, None, "x" * 100)) == f"metric m: cap changed: none -> {'x' * 77}..."
    )
    assert read_change(added.as_plain()) == added
