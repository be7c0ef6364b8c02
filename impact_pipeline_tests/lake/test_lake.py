"""Where things live, and which days stand published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from impact_pipeline.lake.lake import Lake, days_between, published_days
from impact_pipeline_tests.lake.test_tables import publish


def test_days_include_both_ends() -> None:
    assert days_between(date(2026, 2, 27), date(2026, 3, 1)) == ("2026-02-27", "2026-02-28", "2026-03-01")
    assert days_between(date(2026, 3, 1), date(2026, 3, 1)) == ("2026-03-01",)
    assert days_between(date(2026, 3, 2), date(2026, 3, 1)) == ()


def test_published_days_are_those_that_stand(tmp_path: Path) -> None:
    table = Lake(tmp_path).trusted("orders")
    assert published_days(table, ("2026-03-05",)) == {}
    made = publish(table, "2026-03-05", [1, 2])
    publish(table, "2026-03-07", [3])
    assert published_days(table, ("2026-03-04", "2026-03-05")) == {"2026-03-05": made.state.fingerprint}


def test_everything_made_lies_below_the_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    tables = [lake.trusted("a"), lake.quarantine("a"), lake.feature("a"), lake.unit_days("a"), lake.cells("a")]
    paths = [*(table.path for table in tables), lake.exposures("a").path, lake.staging.root, lake.results.root]
    assert len(set(paths)) == len(paths)
    assert all(path.is_relative_to(tmp_path / "lake") for path in paths)
