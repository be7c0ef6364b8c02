"""Groups that hold another told group and few more, or lie in one, of another study."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.governance.disclosure import EVERYONE, Group
from impact_pipeline.lake.results import MARGINS
from impact_pipeline.outcomes.cells import EXPOSED
from impact_pipeline.outcomes.margins import Margins
from impact_pipeline.stages.near_groups import near_groups
from impact_pipeline.stages.study import STAGES
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.planted_cells import CHANGES, DAYS, FIRST, SECOND, night
from impact_pipeline_tests.hostile.visits_home import later, opened, workspace_of, write_documents

PLAN = f"studies/{FIRST}.yaml"
COUNTRY = "  country: {type: column, column: country}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = opened(tmp_path, CHANGES)
    night(made, DAYS[0])
    return made


def near(workspace: Workspace, name: str) -> tuple[Group, ...]:
    margin = workspace.lake.results.current(name, MARGINS, Margins).value.readings[EXPOSED]
    return near_groups(workspace, workspace.catalog.study(name), margin)


def test_the_study_that_looks_second_yields(workspace: Workspace) -> None:
    """It leaves out four users of either arm, of whom all are of one device."""
    assert near(workspace, SECOND) == (EVERYONE, ("device", "ios"))
    assert near(workspace, FIRST) == ()


def test_a_segment_that_a_table_has_no_more_is_not_asked_for(workspace: Workspace) -> None:
    write_documents(workspace.home, {**CHANGES, PLAN: CHANGES[PLAN].replace(COUNTRY, "")})
    changed = later(workspace_of(workspace.home), 1)
    STAGES["exposures"](changed, changed.catalog.study(FIRST), DAYS[0])
    assert EVERYONE in near(changed, SECOND)
