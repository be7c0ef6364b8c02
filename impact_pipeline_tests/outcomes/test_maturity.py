from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.lake.lake import days_between
from impact_pipeline.outcomes.maturity import FactDays, Maturity, maturity_of, windows_of
from impact_pipeline_tests.outcomes.test_metric_types import documents
from impact_pipeline_tests.small_shop import write_catalog

COHORTS = tuple(date(2026, 3, day) for day in (4, 5, 6))
ALL_DAYS = frozenset(days_between(date(2026, 3, 1), date(2026, 3, 12)))


def maturity(root: Path, as_of: date, *used: str, missing: dict[str, str] | None = None) -> Maturity:
    study = write_catalog(root, changes=documents(*used)).study("ranker_v2")
    gone = missing or {}
    published = {fact.name: dict.fromkeys(ALL_DAYS - {gone.get(fact.name, "")}, "mark") for fact in study.facts}
    return maturity_of(study, COHORTS, FactDays(published), as_of)


@pytest.mark.parametrize(("day", "cohorts"), [(7, 0), (8, 1), (9, 2), (10, 3)])
def test_a_ratio_waits_for_the_later_of_its_windows(tmp_path: Path, day: int, cohorts: int) -> None:
    found = maturity(tmp_path, date(2026, 3, day), "two_windows")
    assert found.cohorts["two_windows"] == COHORTS[:cohorts]


def test_only_days_in_a_window_can_be_missing(tmp_path: Path) -> None:
    """`two_windows` reads days 0 and 2 to 4 of orders: the 5th is no day of the cohort of the 4th."""
    found = maturity(tmp_path, date(2026, 3, 12), "two_windows", missing={"orders": "2026-03-05"})
    assert found.cohorts["two_windows"] == (date(2026, 3, 4), date(2026, 3, 6))
    assert found.missing_days == {"orders": ("2026-03-05",)}


def test_a_funnel_needs_the_days_of_each_fact_on_its_way(tmp_path: Path) -> None:
    found = maturity(tmp_path, date(2026, 3, 12), "checkout", missing={"profile_views": "2026-03-08"})
    assert found.cohorts["checkout"] == COHORTS[:2]
    assert found.missing_days == {"profile_views": ("2026-03-08",)}


def test_windows_are_listed_by_fact(tmp_path: Path) -> None:
    study = write_catalog(tmp_path, changes=documents("two_windows", "checkout")).study("ranker_v2")
    windows = {
        name: {fact: list(map(str, found)) for fact, found in windows_of(study, metric).items()}
        for name, metric in study.metrics_by_name.items()
    }
    assert windows["two_windows"] == {"orders": ["day 0", "days 2 to 4"]}
    assert windows["checkout"] == {"profile_views": ["days 0 to 2"], "orders": ["days 0 to 2"]}
