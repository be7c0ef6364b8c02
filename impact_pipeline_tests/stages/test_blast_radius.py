"""On-call sees what a failure holds up and the one command that redoes it."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.lake.failures import Failed
from impact_pipeline.stages.blast_radius import on_call
from impact_pipeline_tests.stages.small_workspace import opened


def fail(home: Path, *pairs: tuple[str, str]) -> None:
    for asset, partition in pairs:
        opened(home).lake.failures.record(Failed(asset, partition, "SourceError", "no file", "2026-03-09T04:00:00"))


def test_a_failed_day_holds_up_features_and_the_studies_that_read_it(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    fail(tmp_path, ("trusted/orders", "2026-03-05"))
    (entry,) = on_call(workspace.catalog, workspace.lake)
    assert entry.features == ("revenue_before",)
    assert entry.studies == ("ranker_v2",)
    assert entry.command == "impact redo raw/orders 2026-03-05"


def test_a_day_that_no_study_reads_holds_up_none(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    fail(tmp_path, ("raw/orders", "2026-02-20"), ("raw/exposures", "2026-03-10"))
    assert [entry.studies for entry in on_call(workspace.catalog, workspace.lake)] == [(), ()]


def test_a_lookback_reaches_a_study_before_it_starts(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    fail(tmp_path, ("raw/orders", "2026-03-02"))
    (entry,) = on_call(workspace.catalog, workspace.lake)
    assert entry.studies == ("ranker_v2",)


def test_data_come_before_studies_and_the_text_says_all(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    fail(tmp_path, ("study/cells", "ranker_v2"), ("unit_days/orders", "2026-03-05"))
    entries = on_call(workspace.catalog, workspace.lake)
    assert [entry.failed.asset for entry in entries] == ["unit_days/orders", "study/cells"]
    assert entries[1].as_text() == (
        "study/cells ranker_v2 (since 2026-03-09T04:00:00)\n"
        "  cause:    no file\n"
        "  holds up: studies ranker_v2\n"
        "  redo:     impact redo study/cells ranker_v2"
    )
    assert entries[0].as_json()["command"] == "impact redo unit_days/orders 2026-03-05"
