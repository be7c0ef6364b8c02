"""Cases D35 and D36: a plan changed after its outcomes were read, or registered after they began, decides nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.decisions.base import Decision, Verdict
from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.registration import Registry
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.hostile.cases import case
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
    write_documents,
)

PLAN = DOCUMENTS["studies/shorter_page.yaml"]
LAX = {"studies/shorter_page.yaml": PLAN.replace("alpha: 0.05", "alpha: 0.2")}


def better(day: object) -> pa.Table:
    """Rows by which the treatment wins beyond doubt."""
    rows = base_rows(day)  # type: ignore[arg-type]
    spread = [n % 7 for n in range(rows.num_rows)]
    gains = [20.0 if arm == "treatment" else 0.0 for arm in rows["arm"].to_pylist()]
    return base_rows(day, revenue=pa.array([s + g for s, g in zip(spread, gains, strict=True)]))  # type: ignore[arg-type]


def loaded(workspace: Workspace, *days: object) -> Workspace:
    for day in days or (DAY, LAST):
        deliver(workspace, better(day), day)  # type: ignore[arg-type]
        assert load(workspace, day) == ""  # type: ignore[arg-type]
    return workspace


def verdict(workspace: Workspace) -> Verdict:
    look(workspace)
    return current_scorecard(workspace.lake, STUDY).verdict


def test_a_plan_that_was_bound_before_ships(tmp_path: Path) -> None:
    found = verdict(loaded(opened(tmp_path)))
    assert (found.decision, found.final, found.exploratory) == (Decision.SHIP, True, ())


def test_a_plan_edited_after_its_outcomes_were_read_is_told_and_decides_nothing(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path), DAY)
    look(workspace, DAY)
    loaded(workspace, LAST)
    write_documents(tmp_path, LAX)
    found = verdict(workspace_of(tmp_path))
    assert any("alpha changed: 0.05 -> 0.2" in why for why in found.exploratory)
    assert decides_nothing(found)


def test_only_an_amendment_is_accepted_and_the_verdict_is_marked_by_it(tmp_path: Path) -> None:
    workspace = loaded(opened(tmp_path), DAY)
    look(workspace, DAY)
    loaded(workspace, LAST)
    write_documents(tmp_path, LAX)
    edited = workspace_of(tmp_path)
    registry = Registry(tmp_path, "ada", datetime(2026, 3, 7, tzinfo=UTC))
    with pytest.raises(InputError, match="change it with `impact plan amend shorter_page"):
        registry.register(edited.catalog.study(STUDY), "again")
    registry.amend(edited.catalog.study(STUDY), "we want to be surer of finding it")
    found = verdict(edited)
    assert any("plan amended after the first look: alpha changed: 0.05 -> 0.2" in why for why in found.exploratory)
    assert decides_nothing(found)


def test_a_plan_that_is_registered_after_its_window_began_is_warned_of_and_decides_nothing(tmp_path: Path) -> None:
    loaded(opened(tmp_path, registered=False))
    done = CliRunner().invoke(app, ["plan", "register", STUDY, "--reason", "ready", "--home", str(tmp_path)])
    today = Ledger(tmp_path).entries()[0].day
    assert (done.exit_code, done.stderr) == (
        0,
        f"warning: shorter_page was registered on {today}, after it began on 2026-03-05: its verdicts will be "
        "exploratory; to decide, register a plan for a new study\n",
    )
    found = verdict(workspace_of(tmp_path))
    assert found.exploratory == (f"plan registered on {today}, after it began on 2026-03-05",)
    assert decides_nothing(found)


def decides_nothing(found: Verdict) -> bool:
    """The cases' 'hold': what the rule says of the numbers is told and is not final, and a new study is asked for."""
    assert {outcome for id_ in ("D35", "D36") for outcome in case(id_)["expected"]["outcome"]} == {"reject", "hold"}
    assert (found.decision, found.would_be) == (Decision.HOLD, Decision.SHIP)
    assert found.reasons[0] == "Would be ship if the plan were bound."
    return not found.final and bool(found.exploratory) and "new study" in found.next_step
