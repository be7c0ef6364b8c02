"""The calibration as a stage: a table that reads back, a page, and the whole of it through Dagster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from impact_pipeline.calibration.registry import chosen
from impact_pipeline.errors import LakeError
from impact_pipeline.reports.site import CALIBRATION
from impact_pipeline.stages import calibration as module
from impact_pipeline.stages.calibration import make_calibration, read_calibration, schema
from impact_pipeline_tests.small_shop import ENGINE, write_catalog
from impact_pipeline_tests.stages.small_workspace import opened

TWO = chosen("instrumental_variables")[:2]


def test_the_table_reads_back_as_it_was_made_and_the_page_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "chosen", lambda design: TWO)
    workspace = opened(tmp_path)
    outcome = make_calibration(workspace, full=False, workers=1)
    found = read_calibration(workspace.lake, ENGINE)
    assert [row.scenario for row in found.rows] == [one.name for one in TWO]
    assert (found.mode, outcome.rows, outcome.facts["scenarios"]) == ("quick", 2, 2)
    assert all(row.draws == one.quick for row, one in zip(found.rows, TWO, strict=True))
    page = (workspace.reports / CALIBRATION).read_text()
    assert TWO[0].title in page


def test_every_figure_has_a_column() -> None:
    assert {"coverage", "misleads", "alarms", "judgement"} <= set(schema().names)


def test_without_a_calibration_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="run `impact calibrate`"):
        read_calibration(opened(tmp_path).lake, ENGINE)


def calibrate(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    main = "from impact_pipeline.cli import main; main()"
    command = [sys.executable, "-c", main, "calibrate", "--home", str(home), "--json", *arguments]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=1200, check=False)


def test_one_design_is_told_and_not_published(tmp_path: Path) -> None:
    done = calibrate(tmp_path, "--design", "interrupted_time_series")
    assert done.returncode in (0, 2), done.stderr
    assert {row["design"] for row in json.loads(done.stdout)["rows"]} == {"interrupted_time_series"}
    assert not (tmp_path / "lake").exists()
    assert "scenarios" in done.stderr


@pytest.mark.slow
def test_the_command_materializes_the_asset(tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog")
    done = calibrate(tmp_path)
    assert done.returncode in (0, 2), done.stderr
    assert len(json.loads(done.stdout)["rows"]) == len(chosen(None))
    assert (tmp_path / "reports" / CALIBRATION).is_file()
