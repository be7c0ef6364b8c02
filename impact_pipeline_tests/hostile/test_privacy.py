"""Cases D32 and D33: a small cell is withheld from every output, and a second one so that it does not follow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from impact_pipeline.stages.portfolio import make_site
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.cases import inputs_of
from impact_pipeline_tests.hostile.visits_home import (
    DAY,
    LAST,
    SECRET,
    STUDY,
    base_rows,
    deliver,
    load,
    look,
    opened,
    workspace_of,
)
from impact_pipeline_tests.test_cli import impact

RARE, SECOND = "zephyr_phone", "harmony_tablet"
VALUES = {"D32": {RARE: 6, SECOND: 80, "ios": 150, "web": 164}, "D33": {RARE: 6, SECOND: 200, "ios": 394, "web": 1400}}
"""Rows by value, half of them in either arm; a small cell has three of an arm, and D33's cells are 1,000 of an arm."""


def test_the_cases_are_those() -> None:
    assert inputs_of("D32") == ["dimension cell with n=3 users when k=10"]
    assert "n=1000" in inputs_of("D33")[0]
    assert sum(VALUES["D33"].values()) == 2 * 1000


@pytest.fixture(scope="module", params=["D32", "D33"])
def workspace(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A look, and a night of the real command, whose day brings more units of the frequent values alone."""
    made = opened(tmp_path_factory.mktemp(request.param))
    deliver(made, rows_of(DAY, VALUES[request.param]), DAY)
    assert load(made) == ""
    look(made, DAY)
    deliver(made, rows_of(LAST, {"ios": 60, "web": 60}), LAST)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IMPACT_PSEUDONYM_KEY", SECRET["IMPACT_PSEUDONYM_KEY"])
        done = impact("nightly", "--date", LAST.isoformat(), home=made.home)
    assert done.returncode == 0, done.stderr
    return made


def rows_of(day: date, values: dict[str, int]) -> pa.Table:
    devices = [value for value, units in values.items() for _ in range(units)]
    base = pa.concat_tables([base_rows(day)] * (len(devices) // 200 + 1)).slice(0, len(devices))
    return (
        base.set_column(0, "user_key", pa.array([f"{day}-{n}" for n in range(len(devices))]))
        .set_column(1, "arm", pa.array([("control", "treatment")[n % 2] for n in range(len(devices))]))
        .set_column(2, "device", pa.array(devices))
        .set_column(3, "revenue", pa.array([float(n % 17) for n in range(len(devices))]))
    )


def outputs(workspace: Workspace) -> bytes:
    """What readers get: the site, Dagster's record of the nights, and what commands print."""
    folders = (workspace.reports, workspace.home / "dagster")
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    printed = [run(workspace, *words) for words in COMMANDS]
    return b"".join([*(path.read_bytes() for path in files), *printed])


COMMANDS: Sequence[tuple[str, ...]] = (
    ("diff", f"{STUDY}@{DAY}", STUDY, "--json"), ("replay", STUDY, "--json"),
)  # fmt: skip


def run(workspace: Workspace, *words: str) -> bytes:
    environ = {**os.environ, **SECRET}
    line = [str(Path(sys.executable).with_name("impact")), *words, "--home", str(workspace.home)]
    done = subprocess.run(line, capture_output=True, env=environ, check=False, timeout=300)
    return done.stdout + done.stderr


def test_the_small_cell_and_a_second_one_are_in_the_lake_and_in_no_output(workspace: Workspace) -> None:
    stored = {result.segment[1] for result in current_scorecard(workspace.lake, STUDY).estimates.results}
    assert {RARE, SECOND} < stored
    told = outputs(workspace)
    assert RARE.encode() not in told
    assert SECOND.encode() not in told
    assert b"ios" in told


def test_the_page_says_what_is_withheld_and_why(workspace: Workspace) -> None:
    page = (workspace.reports / "studies" / f"{STUDY}.html").read_text()
    assert "Withheld: 2 values, groups of fewer than 10 users in an arm" in page
    assert "n withheld" in page


def test_with_the_rules_off_the_page_tells_the_cells(workspace: Workspace) -> None:
    policy = workspace.home / "catalog" / "disclosure.yaml"
    policy.write_text("minimum_group_size: 1\n")
    make_site(workspace_of(workspace.home))
    policy.unlink()
    page = (workspace.reports / "studies" / f"{STUDY}.html").read_text()
    assert RARE in page
    assert SECOND in page
