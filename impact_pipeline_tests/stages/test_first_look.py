"""A running study keeps the engine that it began on; another is announced, refused until accepted, and then told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.errors import InputError, LakeError
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.first_look import accept, announcements, engine_remarks
from impact_pipeline.stages.replay import replay
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.verify import verify
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.small_shop import ENGINE
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY
from impact_pipeline_tests.stages.small_workspace import LAST, NOW, look, opened, with_data

NEWER = "duckdb 9.9.9"
ANNOUNCED = (
    f"engine {ENGINE.name} -> {NEWER}: running study {STUDY} keeps {ENGINE.name}; not looked at until that is "
    f"installed again or the new one accepted: impact plan accept-engine {STUDY} --reason ..."
)


class LaterEngine(DuckDBEngine):
    """The same engine under the name of a version that is yet to come."""

    @property
    def name(self) -> str:
        return NEWER


@pytest.fixture
def begun(tmp_path: Path) -> Workspace:
    workspace = with_data(opened(tmp_path))
    look(workspace, EARLIER)
    return workspace


def upgraded(workspace: Workspace) -> Workspace:
    return replace(workspace, engine=LaterEngine(threads=1))


def accepted(workspace: Workspace) -> None:
    accept(workspace.catalog.study(STUDY), workspace.lake, NEWER, reason="a fault mended", actor="ada", now=NOW)


def test_another_engine_is_announced_before_it_touches_a_running_study(begun: Workspace) -> None:
    assert announcements(begun.catalog, begun.lake, ENGINE.name) == ()
    assert announcements(begun.catalog, begun.lake, NEWER) == (ANNOUNCED,)
    remarks = verify(begun.lake, None, NEWER).remarks
    assert remarks == (f"{STUDY} began on {ENGINE.name}; {NEWER} waits for `impact plan accept-engine`",)


def test_a_running_study_is_not_looked_at_on_another_engine(begun: Workspace) -> None:
    before = begun.lake.cells(STUDY).state()
    told = f"study '{STUDY}' began on {ENGINE.name} and keeps it while it runs; this is {NEWER}: install {ENGINE.name}"
    with pytest.raises(LakeError, match=told):
        look(upgraded(begun))
    assert current_scorecard(begun.lake, STUDY).as_of == EARLIER
    assert begun.lake.cells(STUDY).state() == before


def test_once_accepted_it_is_looked_at_and_every_report_says_so(begun: Workspace) -> None:
    accepted(begun)
    assert announcements(begun.catalog, begun.lake, NEWER) == ()
    look(upgraded(begun))
    [reason] = [r for r in current_scorecard(begun.lake, STUDY).verdict.reasons if r.startswith("The engine changed")]
    told = f"the first look, on {EARLIER}, was made on {ENGINE.name} and this one on {NEWER}"
    assert f"{told}, which ada accepted (a fault mended); replay" in reason
    assert replay(upgraded(begun), STUDY).equal
    assert [str(d.cause) for d in replay(begun, STUDY).differences] == ["engine"]
    assert replay(begun, STUDY).equal_numbers


def test_what_is_not_held_up_is_not_accepted(begun: Workspace) -> None:
    with pytest.raises(InputError, match=f"is not held up by {ENGINE.name}: there is nothing to accept"):
        accept(begun.catalog.study(STUDY), begun.lake, ENGINE.name, reason="x", actor="ada", now=NOW)
    with pytest.raises(InputError, match="takes a reason"):
        accept(begun.catalog.study(STUDY), begun.lake, NEWER, reason=" ", actor="ada", now=NOW)


def test_a_study_that_has_ended_is_not_held_up(begun: Workspace) -> None:
    look(begun)
    assert announcements(begun.catalog, begun.lake, NEWER) == ()
    look(upgraded(begun))
    assert current_scorecard(begun.lake, STUDY).provenance.engine == NEWER


def test_check_announces_and_the_command_accepts(tmp_path: Path) -> None:
    """A home whose study began on an engine that is not the installed one."""
    workspace = replace(with_data(opened(tmp_path)), engine=LaterEngine(threads=1))
    look(workspace, EARLIER)
    done = CliRunner().invoke(app, ["check", "--home", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stderr.startswith(
        f"engine {NEWER} -> {ENGINE.name}: running study {STUDY} keeps {NEWER}; not looked at"
    )
    words = ["plan", "accept-engine", STUDY, "--reason", "a fault mended", "--actor", "ada", "--home", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.stdout == f"{STUDY} goes on with {ENGINE.name} (entry 3); every report from now on says so\n"
    assert json.loads(CliRunner().invoke(app, ["check", "--json", "--home", str(tmp_path)]).stdout)["engine"] == []


def test_a_first_look_has_nothing_to_tell(tmp_path: Path) -> None:
    assert engine_remarks(Lake(tmp_path), STUDY, LAST, NEWER) == ()
