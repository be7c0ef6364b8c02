"""Looks and verdicts enter the ledger once, and only a plan that was bound before gives a verdict that counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from impact_pipeline.decisions.base import Decision, Scorecard
from impact_pipeline.governance.anchors import anchor_of
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.registration import Registry
from impact_pipeline.governance.verification import first_fault
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.markdown import summary
from impact_pipeline.reports.pages import study_body
from impact_pipeline.reports.terminal import summary_rows
from impact_pipeline.stages.conclusion import conclude
from impact_pipeline.stages.portfolio import make_portfolio
from impact_pipeline.stages.staleness import due_or_stale
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.registered import register_all
from impact_pipeline_tests.small_shop import document, write_catalog
from impact_pipeline_tests.stages.small_workspace import LAST, NOW, look, opened, with_data

STUDY = "ranker_v2"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return with_data(opened(tmp_path))


def unregistered(workspace: Workspace) -> Workspace:
    Ledger(workspace.home).path.unlink()
    return workspace


def events(workspace: Workspace) -> list[str]:
    return [entry.event for entry in Ledger(workspace.home).entries(STUDY)]


def card_of(workspace: Workspace) -> Scorecard:
    look(workspace)
    return current_scorecard(workspace.lake, STUDY)


def edited(workspace: Workspace, old: str, new: str) -> Workspace:
    text = document("studies/ranker_v2.yaml")
    assert old in text
    changes = {"studies/ranker_v2.yaml": text.replace(old, new)}
    return replace(workspace, catalog=write_catalog(workspace.home / "catalog", changes=changes))


def test_a_look_leaves_its_reading_and_its_verdict(workspace: Workspace) -> None:
    card = card_of(workspace)
    registered, read, verdict = Ledger(workspace.home).entries(STUDY)
    assert [entry.event for entry in (registered, read, verdict)] == ["registration", "look", "verdict"]
    assert (read.payload["as_of"], read.actor, read.ts) == (LAST.isoformat(), "pipeline", NOW.isoformat())
    assert verdict.payload["result_id"] == card.provenance.result_id
    assert (verdict.payload["decision"], verdict.payload["final"]) == (card.verdict.decision, True)
    assert first_fault(Ledger(workspace.home).lines()) is None


def test_the_same_look_again_is_no_new_entry(workspace: Workspace) -> None:
    look(workspace)
    look(replace(workspace, now=NOW + timedelta(days=1)))
    assert events(workspace) == ["registration", "look", "verdict"]


def test_a_look_at_restated_data_is_another(workspace: Workspace) -> None:
    look(workspace)
    later = replace(workspace, generation="9", now=NOW + timedelta(hours=1))
    state = later.lake.trusted("orders").states()["2026-03-05"]
    rows = later.engine.table(_everything(), {"rows": later.lake.trusted("orders").files({"2026-03-05"})})
    later.lake.trusted("orders").publish(
        rows.slice(1).to_reader(), generation="9", input_digest=f"{state.input_digest}/2", partition="2026-03-05"
    )
    look(later)
    looks = [entry.payload["data"] for entry in Ledger(workspace.home).entries(STUDY) if entry.event == "look"]
    assert len(set(looks)) == len(looks) == 2


def _everything() -> object:
    from sqlglot import exp

    return exp.select("*").from_(exp.to_table("rows", quoted=True))


def test_a_verdict_of_a_plan_that_is_not_registered_is_exploratory(workspace: Workspace) -> None:
    bound = card_of(workspace).verdict
    verdict = card_of(unregistered(workspace)).verdict
    assert (bound.final, bound.exploratory) == (True, ())
    assert (verdict.final, verdict.exploratory) == (False, ("plan not registered",))
    assert (verdict.decision, verdict.would_be) == (Decision.HOLD, bound.decision)
    told = f"Would be {bound.decision} if the plan were bound."
    assert verdict.reasons == (told, *bound.reasons, "Exploratory: plan not registered.")
    assert verdict.next_step.startswith("Decide nothing on this: a plan binds that is registered")


def test_every_reader_is_told(workspace: Workspace) -> None:
    card = card_of(unregistered(workspace))
    shown = Look(card, workspace.catalog.study(STUDY))
    for text in (study_body(shown, (), None), summary(shown).replace("\\", "")):
        assert "(exploratory)" in text
        assert "Exploratory: plan not registered." in text
        assert "Exploratory look, which decides nothing: plan not registered." in text
    [row] = summary_rows([card], workspace.catalog)
    assert (row["verdict"], row["exploratory"]) == (card.verdict.decision, "plan not registered")


def test_deviations_are_listed_where_they_change_no_verdict(workspace: Workspace) -> None:
    renamed = edited(workspace, "title: Ranker 2", "title: Another")
    card = card_of(renamed)
    told = "changed since it was registered: title changed: Ranker 2 -> Another"
    assert (card.verdict.final, card.verdict.deviations) == (True, (told,))
    shown = Look(card, renamed.catalog.study(STUDY))
    assert "Outside the plan" in study_body(shown, (), None)
    assert "Outside the plan" in summary(shown)


def test_an_exploratory_verdict_feeds_no_portfolio(workspace: Workspace) -> None:
    valued = edited(workspace, "segments:", "value: {metric: revenue, per_unit: 1, currency: EUR}\nsegments:")
    look(valued)
    assert make_portfolio(valued).rows == 1
    look(edited(unregistered(valued), "segments:", "value: {metric: revenue, per_unit: 1, currency: EUR}\nsegments:"))
    assert make_portfolio(valued).rows == 0


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 3, 3, 23, 59, tzinfo=UTC), ()),
        (datetime(2026, 3, 4, tzinfo=UTC), ("plan registered on 2026-03-04, after it began on 2026-03-04",)),
    ],
)
def test_a_registration_counts_up_to_the_eve_of_the_first_day(
    workspace: Workspace, at: datetime, told: tuple[str, ...]
) -> None:
    Registry(unregistered(workspace).home, "ada", at).register(workspace.catalog.study(STUDY), "ready")
    verdict = card_of(workspace).verdict
    assert (verdict.exploratory, verdict.final) == (told, not told)


def test_looks_of_a_made_up_world_enter_the_ledger_by_its_clock(workspace: Workspace) -> None:
    morning = datetime(2026, 3, 9, 6, tzinfo=UTC)
    look(replace(workspace, simulated=morning))
    _, *entries = Ledger(workspace.home).entries(STUDY)
    assert {(entry.ts, entry.simulated) for entry in entries} == {(morning.isoformat(), True)}
    look(workspace)
    assert events(workspace) == ["registration", "look", "verdict"]


def test_a_registration_after_a_look_does_not_help(workspace: Workspace) -> None:
    look(unregistered(workspace), LAST - timedelta(days=1))
    registry = Registry(workspace.home, "ada", datetime(2026, 3, 9, tzinfo=UTC))
    registry.register(workspace.catalog.study(STUDY), "late")
    verdict = card_of(workspace).verdict
    assert verdict.exploratory == (
        "plan registered on 2026-03-09, after it began on 2026-03-04",
        "plan registered after its outcomes were first read",
    )


def test_a_ledger_that_was_thrown_away_is_no_new_beginning(workspace: Workspace) -> None:
    look(workspace)
    register_all(unregistered(workspace).home, workspace.catalog)
    assert card_of(workspace).verdict.exploratory == ("plan registered after its outcomes were first read",)


def test_a_plan_that_ended_is_looked_at_no_more(workspace: Workspace) -> None:
    night = date(2026, 3, 5)
    assert due_or_stale(workspace.catalog, workspace.lake, night) == (STUDY,)
    look(workspace)
    Registry(workspace.home, "ada", NOW).close(STUDY, "shipped")
    assert due_or_stale(workspace.catalog, Lake(workspace.home), night) == ()


def test_a_killed_look_is_made_again_without_a_second_entry(workspace: Workspace) -> None:
    look(workspace)
    (workspace.lake.results.root / STUDY / "current-scorecard.json").unlink()
    assert due_or_stale(workspace.catalog, workspace.lake, date(2026, 5, 1)) == (STUDY,)
    look(workspace)
    assert events(workspace) == ["registration", "look", "verdict"]


def test_a_night_ends_with_an_anchor_of_the_ledger(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    look(workspace)
    head = Ledger(workspace.home).head()
    assert head is not None
    conclude(workspace.catalog, workspace.lake, (), (), as_json=False)
    assert f"ledger: {anchor_of(head).line()}\n" in capsys.readouterr().out
    conclude(workspace.catalog, workspace.lake, (), (), as_json=True)
    assert json.loads(capsys.readouterr().out)["ledger"] == {"seq": head.seq, "hash": head.hash, "ts": head.ts}
