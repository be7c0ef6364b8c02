"""Staged days go when their source's time is over; what was published stays."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.stages.data import extract
from impact_pipeline.stages.retention import Expired, retain
from impact_pipeline_tests.delivered_home import STAYS, deliver, opened, order_of, publish_delivered
from impact_pipeline_tests.small_shop import document, write_catalog

EARLY, LATE = "2026-03-03", "2026-03-04"
KEPT = document("sources/shop.yaml").replace("first_day:", "raw_days: 30\nfirst_day:")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two days of orders, kept staged for 30 days; contacts of the first never published."""
    write_catalog(tmp_path / "catalog", changes={"sources/shop.yaml": KEPT})
    for day in (EARLY, LATE):
        deliver(tmp_path, "orders", day, [order_of(0, STAYS, day)])
    deliver(tmp_path, "exposures", EARLY, [])
    publish_delivered(opened(tmp_path), [EARLY, LATE], ["orders"])
    extract(opened(tmp_path), "exposures", date.fromisoformat(EARLY))
    return tmp_path


def staged(home: Path) -> list[tuple[str, str]]:
    return sorted((path.parts[-3], path.parts[-2]) for path in (home / "lake" / "raw").rglob("*.parquet"))


def test_a_day_stays_as_long_as_its_source_says(home: Path) -> None:
    workspace = opened(home)
    found = retain(workspace.catalog, workspace.lake, date(2026, 4, 2))
    assert (found.expired, str(found)) == ((), "2026-04-02: no staged day is past its time")
    assert len(staged(home)) == 3


def test_what_is_older_goes_and_is_told_of(home: Path) -> None:
    workspace = opened(home)
    found = retain(workspace.catalog, workspace.lake, date(2026, 4, 3))
    assert found.expired == (Expired("exposures", EARLY, 0, False), Expired("orders", EARLY, 1, True))
    assert str(found) == (
        f"2026-04-03: 2 staged days are past their time (exposures 1, orders 1); never published: exposures {EARLY}"
    )
    assert staged(home) == [("orders", LATE)]
    assert sorted(workspace.lake.trusted("orders").states()) == [EARLY, LATE]


def test_the_default_is_ninety_days(tmp_path: Path) -> None:
    assert write_catalog(tmp_path / "catalog").sources["shop"].raw_days == 90


def test_the_command_tells_first_and_removes_then(home: Path) -> None:
    told = CliRunner().invoke(app, ["retain", "--date", "2026-04-03", "--dry-run", "--home", str(home), "--json"])
    assert [(one["dataset"], one["day"]) for one in json.loads(told.stdout)["expired"]] == [
        ("exposures", EARLY), ("orders", EARLY),
    ]  # fmt: skip
    assert len(staged(home)) == 3
    done = CliRunner().invoke(app, ["retain", "--date", "2026-04-03", "--home", str(home)])
    assert done.exit_code == 0
    assert staged(home) == [("orders", LATE)]
