"""Breaking the glass: refused with what to do, or an entry that outdates the site."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_life import PlanState, life_of
from impact_pipeline.stages.portfolio import make_impact
from impact_pipeline.stages.staleness import stale_portfolio, stale_studies
from impact_pipeline.stages.unblinding import refuse_blinded, unblind
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.stages.small_workspace import LAST, NOW, look, opened, with_data

STUDY, EARLY = "ranker_v2", date(2026, 3, 6)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return with_data(opened(tmp_path))


def broken(workspace: Workspace, study: str = STUDY, reason: str = "a partner asks") -> Entry:
    return unblind(workspace.catalog, workspace.lake, study, reason, actor="eve", now=NOW)


def test_an_unblinding_is_an_entry_with_reason_actor_and_look(workspace: Workspace) -> None:
    look(workspace, EARLY)
    entry = broken(workspace)
    assert (entry.event, entry.actor, entry.ts) == ("unblinding", "eve", NOW.isoformat())
    assert entry.payload == {"study": STUDY, "as_of": "2026-03-06", "reason": "a partner asks"}
    assert life_of(STUDY, Ledger(workspace.home).entries()).state is PlanState.RUNNING


def test_what_is_out_of_order_is_refused_and_writes_nothing(workspace: Workspace) -> None:
    before = Ledger(workspace.home).lines()
    with pytest.raises(InputError, match="study 'ranker_v9' is not in the catalog; studies are ranker_v2"):
        broken(workspace, "ranker_v9")
    with pytest.raises(InputError, match="takes a reason; give one with --reason"):
        broken(workspace, reason=" ")
    with pytest.raises(InputError, match="has no look yet, so there is nothing to see; run its nights first"):
        broken(workspace)
    assert Ledger(workspace.home).lines() == before


def test_a_draft_is_refused(workspace: Workspace) -> None:
    Ledger(workspace.home).path.unlink()
    look(workspace, EARLY)
    with pytest.raises(InputError, match="has no registered plan: register it first"):
        broken(workspace)


def test_there_is_nothing_to_unblind_after_the_planned_look_or_twice(workspace: Workspace) -> None:
    look(workspace, EARLY)
    broken(workspace)
    with pytest.raises(InputError, match="study 'ranker_v2' is not blinded: eve unblinded it on 2026-03-10"):
        broken(workspace)
    look(workspace, LAST)
    with pytest.raises(InputError, match="is not blinded: it has a final verdict"):
        broken(workspace)


def test_an_unblinding_outdates_money_and_site_and_no_look(workspace: Workspace) -> None:
    look(workspace, EARLY)
    make_impact(workspace)
    assert stale_portfolio(workspace.catalog, workspace.lake) is None
    broken(workspace)
    assert stale_portfolio(workspace.catalog, workspace.lake) is not None
    make_impact(workspace)
    assert stale_portfolio(workspace.catalog, workspace.lake) is None
    assert stale_studies(workspace.catalog, workspace.lake) == ()


def test_results_of_a_blinded_study_are_not_compared(workspace: Workspace) -> None:
    look(workspace, EARLY)
    told = "study 'ranker_v2' is blinded, and its numbers would show its direction: wait until the planned look on"
    with pytest.raises(InputError, match=told):
        refuse_blinded(workspace.catalog, workspace.lake, STUDY, STUDY)
    broken(workspace)
    refuse_blinded(workspace.catalog, workspace.lake, STUDY, STUDY)
