"""Learnt features: one sound document, and for each rule one change that breaks it with the message that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.feature import LearntFeature
from impact_pipeline.catalog.feature_inputs import dataset_of, days_behind, inputs_of, target_total
from impact_pipeline.catalog.load import read_catalog, read_sound_part
from impact_pipeline_tests.catalog.mini import write_mini

FILE = "features/expected.yaml"
LEARNT = """type: learnt
name: expected
version: 1
owner: team:data
description: test
entity: user
inputs: [revenue_before]
target: {fact: orders, measure: revenue, filter: amount > 2}
horizon_days: 7
scale: 2
unit: EUR
"""
OTHER = """type: sum
name: visits_before
version: 1
owner: team:data
description: test
dataset: visits
entity: store
event_at: happened_at
expression: '1'
lookback_days: 14
unit: visits
"""
SECOND = LEARNT.replace("name: expected", "name: other").replace("[revenue_before]", "[expected]")
BRIEF = ("sources/shop.yaml", "first_day: 2026-03-01", "first_day: 2026-03-01\nlast_day: 2026-03-08")


def faults(root: Path, *changes: tuple[str, str, str]) -> list[str]:
    written = write_mini(root, (FILE, "", LEARNT), ("features/visits_before.yaml", "", OTHER), *changes)
    broken = read_sound_part(written).broken
    return [str(issue) for issues in broken.values() for issue in issues]


def test_a_learnt_feature_may_be_a_covariate_and_stands_after_its_inputs(tmp_path: Path) -> None:
    used = ("metrics/revenue.yaml", "[revenue_before]", "[expected, revenue_before]")
    catalog = read_catalog(write_mini(tmp_path, (FILE, "", LEARNT), used))
    assert [feature.name for feature in catalog.study("trial").covariates] == ["expected", "revenue_before"]
    assert list(catalog.features) == ["country", "revenue_before", "expected"]


def test_what_a_learnt_feature_rests_on_reaches_back_over_horizon_and_lookback(tmp_path: Path) -> None:
    catalog = read_catalog(write_mini(tmp_path, (FILE, "", LEARNT)))
    feature = catalog.features["expected"]
    assert isinstance(feature, LearntFeature)
    assert [one.name for one in inputs_of(catalog, feature)] == ["revenue_before"]
    assert dataset_of(catalog, feature) == "orders"
    assert days_behind(catalog, feature) == {"orders": 21}
    assert days_behind(catalog, catalog.features["revenue_before"]) == {"orders": 14}
    target = target_total(catalog, feature)
    assert (target.expression, target.filter, target.lookback_days, target.scale) == ("amount", "amount > 2", 7, 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[revenue_before]", "[revenue]", "7: inputs.0: there is no feature 'revenue'; features are"),
        (
            "[revenue_before]",
            "[revenue_before, country]",
            "7: inputs.1: feature 'country' is of type 'latest'; inputs are of type 'sum', so that none rests",
        ),
        (
            "[revenue_before]",
            "[expected]",
            "7: inputs.0: feature 'expected' would be learnt from itself; name features",
        ),
        (
            "[revenue_before]",
            "[visits_before]",
            "7: inputs.0: feature 'visits_before' is about a store, this one about a user",
        ),
        ("[revenue_before]", "[revenue_before, revenue_before]", "7: inputs: an input stands twice; keep one"),
        ("fact: orders", "fact: order", "8: target.fact: there is no fact 'order'; facts are orders, visits"),
        ("measure: revenue", "measure: profit", "8: target.measure: fact 'orders' has no measure 'profit'"),
        ("amount > 2", "amount", "8: target.filter: the expression must be a condition; over dataset 'orders'"),
        (
            "{fact: orders, measure: revenue, filter: amount > 2}",
            "{fact: visits, measure: visits}",
            "8: target.fact: fact 'visits' is about a store, the feature about a user; use one about it",
        ),
        ("horizon_days: 7", "horizon_days: 0", "9: horizon_days: "),
    ],
)
def test_a_broken_rule_is_told_where_it_is_broken(tmp_path: Path, old: str, new: str, told: str) -> None:
    found = faults(tmp_path, (FILE, old, new))
    assert any(fault.startswith(f"{FILE}:{told}") for fault in found), found


def test_features_learnt_from_each_other_are_refused(tmp_path: Path) -> None:
    cycle = (FILE, "[revenue_before]", "[other]")
    found = faults(tmp_path, cycle, ("features/other.yaml", "", SECOND))
    told = "is of type 'learnt'; inputs are of type 'sum', so that none rests on itself"
    assert sorted(fault for fault in found if told in fault) == [
        f"{FILE}:7: inputs.0: feature 'other' {told}",
        f"features/other.yaml:7: inputs.0: feature 'expected' {told}",
    ]


def test_a_horizon_longer_than_the_history_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path / "six", BRIEF, (FILE, "horizon_days: 7", "horizon_days: 6")) == []
    assert faults(tmp_path / "seven", BRIEF) == [
        f"{FILE}:9: horizon_days: 7 days leave no day with a trained model: source 'shop' delivers 2026-03-01 to "
        "2026-03-08; at most 6"
    ]


def test_a_metric_with_a_broken_learnt_covariate_is_broken_too(tmp_path: Path) -> None:
    used = ("metrics/revenue.yaml", "[revenue_before]", "[expected]")
    found = faults(tmp_path, used, (FILE, "fact: orders", "fact: order"))
    assert any(
        fault.startswith("metrics/revenue.yaml:10: covariates.0: feature 'expected' has faults") for fault in found
    )


def test_a_learnt_feature_splits_no_units(tmp_path: Path) -> None:
    found = faults(tmp_path, ("studies/trial.yaml", "feature: country}", "feature: expected}"))
    assert any("feature 'expected' must be of type 'latest'" in fault for fault in found)
