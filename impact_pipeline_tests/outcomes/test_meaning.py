"""Which edits of a metric's document change what its cells hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.outcomes.meaning import metric_meaning
from impact_pipeline_tests.outcomes.test_metric_types import HEAD, METRICS, documents
from impact_pipeline_tests.small_shop import document, write_catalog


def meaning(root: Path, name: str, changes: dict[str, str]) -> dict[str, Any]:
    study = write_catalog(root, changes={**documents(name), **changes}).study("ranker_v2")
    return metric_meaning(study, study.metrics_by_name[name])


def edited(name: str, old: str, new: str) -> dict[str, str]:
    text = HEAD.format(name=name) + METRICS[name] + "\n"
    assert old in text
    return {f"metrics/{name}.yaml": text.replace(old, new)}


CHANGING = [
    ("web_orders", "'web'", "'app'"),
    ("web_orders", "days: 3", "days: 2"),
    ("web_orders", "absolute: 1", "absolute: 2"),
    ("web_orders", "cap: {absolute: 1}", ""),
    ("rows", "type: count\nvalue", "type: days_of_use\nactive"),
    ("trimmed", "digits: 1", "digits: 2"),
    ("trimmed", "[revenue_before, orders_before]", "[orders_before, revenue_before]"),
    ("trimmed", "measure: revenue", "measure: orders"),
    ("checkout", "amount > 300", "amount > 301"),
    ("checkout", "  - {name: view, fact: profile_views}\n", ""),
    ("median_revenue", "digits: 2", "digits: 3"),
    ("two_windows", "start_day: 2", "start_day: 1"),
    ("margin", "0.125", "0.25"),
    ("margin", "absolute: 400", "absolute: 500"),
    ("p90_amount", "type: event_quantile", "type: quantile"),
]
KEEPING = [
    ("web_orders", "label: Some", "label: Other"),
    ("web_orders", "better: higher", "better: lower"),
    ("web_orders", "version: 1", "version: 2"),
    ("trimmed", "percentile: 0.9", "percentile: 0.99"),
    ("median_revenue", "quantile: 0.5", "quantile: 0.75"),
    ("p90_amount", "quantile: 0.9", "quantile: 0.5"),
    ("margin", "0.125 * (item_value + 2 * plain_revenue)", "(item_value + plain_revenue * 2) * 0.125"),
]


def _id(case: tuple[str, str, str]) -> str:
    return f"{case[0]}-{case[2]}"


@pytest.mark.parametrize("case", CHANGING, ids=_id)
def test_an_edit_of_what_is_added_up_changes_the_meaning(tmp_path: Path, case: tuple[str, str, str]) -> None:
    name, old, new = case
    assert meaning(tmp_path / "a", name, {}) != meaning(tmp_path / "b", name, edited(name, old, new))


@pytest.mark.parametrize("case", KEEPING, ids=_id)
def test_an_edit_of_how_it_is_shown_or_read_does_not(tmp_path: Path, case: tuple[str, str, str]) -> None:
    name, old, new = case
    assert meaning(tmp_path / "a", name, {}) == meaning(tmp_path / "b", name, edited(name, old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [("expression: amount, unit", "expression: amount + 1, unit"), ("scale: 2}\n  orders", "scale: 3}\n  orders")],
)
def test_an_edit_of_a_measure_changes_the_meaning_of_what_adds_it_up(tmp_path: Path, old: str, new: str) -> None:
    changed = {"facts/orders.yaml": document("facts/orders.yaml").replace(old, new)}
    assert changed["facts/orders.yaml"] != document("facts/orders.yaml")
    one, two = (tmp_path / name for name in ("one", "two"))
    assert meaning(one, "margin", {}) != meaning(two, "margin", changed)
    assert meaning(one, "rows", {}) == meaning(two, "rows", changed)
