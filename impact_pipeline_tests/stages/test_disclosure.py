"""What readers get of stored looks: what may be told, and the earlier look's numbers where few joined since."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.estimators.base import Estimate, NotEstimable
from impact_pipeline.lake.results import MARGINS
from impact_pipeline.stages.portfolio import make_impact, scorecards
from impact_pipeline.stages.staleness import stale_portfolio
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.visits_home import (
    DAY,
    DOCUMENTS,
    LAST,
    STUDY,
    base_rows,
    deliver,
    load,
    look,
    opened,
    workspace_of,
)

FEW = 6
"""Rows of the second day, of either arm about half."""

POLICY = "disclosure.yaml"


def told(workspace: Workspace) -> Scorecard:
    [card] = scorecards(workspace.catalog, workspace.lake)
    return card


def units(card: Scorecard) -> dict[str, int]:
    first = card.estimates.results[0]
    assert isinstance(first, Estimate)
    return dict(first.n_per_arm)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A look at the first day's units, and one at a few more."""
    made = opened(tmp_path)
    for day, rows in ((DAY, base_rows()), (LAST, base_rows(LAST).slice(0, FEW))):
        deliver(made, rows, day)
        assert load(made, day) == ""
        look(made, day)
    return made


def test_numbers_of_the_earlier_look_stand_where_few_joined(workspace: Workspace) -> None:
    stored, shown = current_scorecard(workspace.lake, STUDY), told(workspace)
    assert sum(units(stored).values()) == 200 + FEW
    assert sum(units(shown).values()) == 200
    assert sum(shown.exposed_per_arm.values()) == 200
    assert (shown.as_of, shown.verdict.decision) == (LAST, stored.verdict.decision)
    assert "whose numbers stand" in " ".join(shown.verdict.reasons)


def test_a_policy_that_tells_all_tells_it_of_looks_before(workspace: Workspace) -> None:
    (workspace.home / "catalog" / POLICY).write_text("minimum_group_size: 1\n")
    assert told(workspace_of(workspace.home)) == current_scorecard(workspace.lake, STUDY)


def test_a_stricter_policy_withholds_what_was_told(workspace: Workspace) -> None:
    (workspace.home / "catalog" / POLICY).write_text("minimum_group_size: 500\n")
    shown = told(workspace_of(workspace.home))
    assert shown.exposed_per_arm == {}
    assert {type(result) for result in shown.estimates.results} == {NotEstimable}


def test_money_and_site_are_made_again_under_another_policy(workspace: Workspace) -> None:
    make_impact(workspace)
    assert stale_portfolio(workspace.catalog, workspace.lake) is None
    (workspace.home / "catalog" / POLICY).write_text("minimum_group_size: 11\n")
    assert stale_portfolio(workspace_of(workspace.home).catalog, workspace.lake) is not None


def test_nothing_is_told_of_a_look_whose_units_were_not_counted(workspace: Workspace) -> None:
    for path in (workspace.lake.results.root / STUDY).glob(f"*/{MARGINS}-*.json"):
        path.unlink()
    shown = told(workspace)
    assert shown.exposed_per_arm == {}
    assert not [result for result in shown.estimates.results if isinstance(result, Estimate)]


def test_public_units_are_told_whatever_their_number(tmp_path: Path) -> None:
    contract = DOCUMENTS["contracts/visits.yaml"].replace("required: true, primaryKey", "classification: public,\n"
                                                          "         required: true, primaryKey")  # fmt: skip
    seen = DOCUMENTS[f"studies/{STUDY}.yaml"] + "governance: {blinding: false}\n"
    made = opened(tmp_path, {"contracts/visits.yaml": contract, f"studies/{STUDY}.yaml": seen})
    deliver(made, base_rows().slice(0, FEW))
    assert load(made) == ""
    look(made, DAY)
    assert told(made) == current_scorecard(made.lake, STUDY)
