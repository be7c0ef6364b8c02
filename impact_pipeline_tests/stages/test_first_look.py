from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.stages.first_look import engine_remarks
from impact_pipeline.stages.replay import replay
from impact_pipeline.stages.study import SCORECARD, current_scorecard
from impact_pipeline.stages.verify import verify
from impact_pipeline_tests.small_shop import ENGINE
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY
from impact_pipeline_tests.stages.small_workspace import LAST, look, opened, with_data

NEWER = "duckdb 9.9.9"


class LaterEngine(DuckDBEngine):
    """The same engine under the name of a version that is yet to come."""

    @property
    def name(self) -> str:
        return NEWER


def test_an_engine_that_changed_since_the_first_look_is_told_in_the_reasons(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    look(workspace, EARLIER)
    announced = verify(Lake(tmp_path), None, NEWER).remarks
    assert announced == (f"{STUDY} began on {ENGINE.name}; the next look will be made on {NEWER}",)
    assert not any("engine changed" in reason for reason in current_scorecard(workspace.lake, STUDY).verdict.reasons)
    upgraded = replace(workspace, engine=LaterEngine(threads=1))
    look(upgraded)
    told = f"the first look, on {EARLIER}, was made on {ENGINE.name} and this one on {NEWER}"
    assert told in current_scorecard(workspace.lake, STUDY).verdict.reasons[-1]
    assert replay(upgraded, STUDY).equal
    assert [str(d.cause) for d in replay(workspace, STUDY).differences] == ["engine"]
    assert replay(workspace, STUDY).equal_numbers


def test_a_first_look_has_nothing_to_tell(tmp_path: Path) -> None:
    assert engine_remarks(Lake(tmp_path), SCORECARD, STUDY, LAST, NEWER) == ()
