"""Cases D24 to D31: files that are broken, doubled, late, drifted, or of another day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from impact_pipeline.lake.stored import find_result, stored_results
from impact_pipeline.stages.portfolio import make_site
from impact_pipeline.stages.replay import replay
from impact_pipeline.stages.staleness import stale_data, stale_studies
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.visits_home import (
    DATASET,
    DAY,
    DOCUMENTS,
    LAST,
    STUDY,
    base_rows,
    deliver,
    later,
    load,
    look,
    opened,
)

SHARE = "  - {property: impact.maxQuarantinedShare, value: 1}\n"
TOLERANT = {"contracts/visits.yaml": DOCUMENTS["contracts/visits.yaml"] + SHARE}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return opened(tmp_path)


def published(workspace: Workspace, table: str = "trusted") -> dict[str, int]:
    """Day -> rows."""
    found = workspace.lake.trusted(DATASET) if table == "trusted" else workspace.lake.quarantine(DATASET)
    return {day: state.rows for day, state in found.states().items()}


def test_the_clean_file_is_published(workspace: Workspace) -> None:
    deliver(workspace, "base_2026-03-05")
    assert load(workspace) == ""
    assert published(workspace) == {"2026-03-05": 200}


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("D24_truncated", "part-0.parquet is not a whole Parquet file; deliver it again"),
        ("D25_zero", "visits/2026-03-05/part-0.parquet is empty (0 bytes); deliver it again"),
        ("D25_zero_rows", "trusted/visits 2026-03-05: trusted/visits 2026-03-05 is refused by contract version 1.0.0"),
        ("D26_duplicates", "40 of 220 rows would be quarantined; impact.maxQuarantinedShare is 0.05"),
        ("D31_wrong_day", "200 of 200 rows would be quarantined; impact.maxQuarantinedShare is 0.05"),
    ],
)
def test_a_broken_day_is_kept_out_and_what_stood_stays(workspace: Workspace, file: str, told: str) -> None:
    deliver(workspace, "base_2026-03-05")
    load(workspace)
    deliver(workspace, file)
    assert told in load(later(workspace, 1))
    assert published(workspace) == {"2026-03-05": 200}
    [failed] = workspace.lake.failures.all()
    assert (failed.asset.partition("/")[2], failed.partition) == (DATASET, "2026-03-05")
    assert "u-0" not in failed.message


@pytest.mark.parametrize(("file", "kept", "apart"), [("D26_duplicates", 180, 40), ("D31_wrong_day", 0, 200)])
def test_rows_that_break_a_rule_stand_apart_with_their_reason(tmp_path: Path, file: str, kept: int, apart: int) -> None:
    workspace = opened(tmp_path, TOLERANT)
    deliver(workspace, file)
    assert load(workspace) == ""
    assert published(workspace)["2026-03-05"] == kept
    assert published(workspace, "quarantine")["2026-03-05"] == apart


def both_days(workspace: Workspace) -> None:
    for day in (DAY, LAST):
        deliver(workspace, base_rows(day), day)
        assert load(workspace, day) == ""
    look(workspace)


def versions(workspace: Workspace) -> list[int]:
    lake = workspace.lake
    return [table.version for table in (lake.trusted(DATASET), lake.quarantine(DATASET), lake.cells(STUDY))]


def test_the_same_bytes_again_make_no_version_and_no_result(workspace: Workspace) -> None:
    both_days(workspace)
    before = versions(workspace), stored_results(workspace.lake, "scorecard")
    again = later(workspace, 1)
    deliver(again, base_rows(DAY))
    assert load(again) == ""
    assert (stale_data(again.catalog, again.lake), stale_studies(again.catalog, again.lake)) == ((), ())
    look(again)
    assert (versions(again), stored_results(again.lake, "scorecard")) == before


def test_changed_bytes_make_a_version_and_the_old_result_can_be_recomputed(workspace: Workspace) -> None:
    both_days(workspace)
    first = find_result(workspace.lake, "scorecard", STUDY).plain()["provenance"]["result_id"]
    again = later(workspace, 1)
    deliver(again, base_rows(DAY, revenue=pc.multiply(base_rows()["revenue"], 2.0)))
    load(again)
    assert [stale.partition for stale in stale_studies(again.catalog, again.lake)] == [STUDY]
    look(again)
    assert len(stored_results(again.lake, "scorecard")) == 2
    assert find_result(again.lake, "scorecard", STUDY).plain()["provenance"]["result_id"] != first
    assert replay(again, first).equal
    assert replay(again, STUDY).equal


def test_a_day_that_comes_late_redoes_the_look_that_missed_it_and_no_other_day(workspace: Workspace) -> None:
    deliver(workspace, base_rows(LAST), LAST)
    load(workspace, LAST)
    look(workspace)
    held = find_result(workspace.lake, "scorecard", STUDY).plain()
    assert held["verdict"]["decision"] == "hold"
    on = later(workspace, 24 * 10)
    cells = on.lake.trusted(DATASET).states()["2026-03-06"]
    deliver(on, base_rows(DAY))
    assert load(on) == ""
    assert on.lake.trusted(DATASET).states()["2026-03-06"] == cells
    assert [stale.partition for stale in stale_studies(on.catalog, on.lake)] == [STUDY]
    look(on)
    now = find_result(on.lake, "scorecard", STUDY).plain()
    assert now["verdict"]["decision"] != "hold"
    assert now["exposed_per_arm"] == {arm: 2 * n for arm, n in held["exposed_per_arm"].items()}


def test_the_page_says_which_day_came_late(tmp_path: Path) -> None:
    plan = DOCUMENTS["studies/shorter_page.yaml"].replace("ends: 2026-03-06", "ends: 2026-03-07")
    workspace, last = opened(tmp_path, {"studies/shorter_page.yaml": plan}), LAST + timedelta(days=1)
    deliver(workspace, base_rows(LAST), LAST)
    load(workspace, LAST)
    look(workspace, LAST)
    for day in (DAY, last):
        deliver(workspace, base_rows(day), day)
        assert load(workspace, day) == ""
    look(workspace, last)
    make_site(workspace)
    [page] = (path for path in workspace.reports.rglob("*.html") if STUDY in path.name)
    assert "trusted/visits: came after the look before, for 2026-03-05." in page.read_text()


def drifted(kind: str) -> pa.Table:
    rows = base_rows()
    match kind:
        case "new":
            return rows.append_column("voucher", pa.nulls(rows.num_rows, pa.string()))
        case "dropped":
            return rows.drop_columns(["clicks"])
        case "retyped":
            return rows.set_column(4, "clicks", rows["clicks"].cast(pa.string()))
    return rows.rename_columns(["user_key", "arm", "device", "revenue", "click_count", "event_ts"])


def test_a_new_column_is_accepted_and_noted(workspace: Workspace) -> None:
    deliver(workspace, drifted("new"))
    assert load(workspace) == ""
    assert published(workspace) == {"2026-03-05": 200}
    assert workspace.lake.staging.days(DATASET)["2026-03-05"].facts["unknown_columns"] == ["voucher"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("dropped", "column 'clicks' is required and was not delivered"),
        ("retyped", "column 'clicks' is BIGINT by contract and came as string"),
        ("renamed", "column 'clicks' is required and was not delivered"),
    ],
)
def test_a_dropped_retyped_or_renamed_column_keeps_the_day_out(workspace: Workspace, kind: str, told: str) -> None:
    deliver(workspace, drifted(kind))
    assert told in load(workspace)
    assert published(workspace) == {}
