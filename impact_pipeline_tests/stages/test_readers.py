"""What readers see of a study that runs, of its earlier looks, and of studies that are split by its arms."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import impact_pipeline
from impact_pipeline.decisions.base import Scorecard
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.blinded import BlindedScorecard
from impact_pipeline.stages.portfolio import entries, make_site
from impact_pipeline.stages.readers import Readers
from impact_pipeline.stages.replay import Difference, Replayed
from impact_pipeline.stages.replay_told import as_told
from impact_pipeline.stages.study import STAGES, current_scorecard
from impact_pipeline.stages.unblinding import unblind
from impact_pipeline.stages.workspace import Workspace
from impact_pipeline_tests.small_shop import ENGINE, document, write_catalog
from impact_pipeline_tests.stages.small_workspace import LAST, NOW, look, opened, with_data

PACKAGE = Path(impact_pipeline.__file__).parent
EARLY = date(2026, 3, 6)
SPLIT = "split_by_ranker"
TELL_ALL = "minimum_group_size: 1\n"
"""The shop has too few users to tell anything of by the usual policy."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Beside the study another one, which may show direction and is split by the study's arms."""
    plan = document("studies/ranker_v2.yaml").replace("name: ranker_v2", f"name: {SPLIT}")
    plan = plan.replace(
        "segments:", "governance: {blinding: false}\nsegments:\n  ranker: {type: study, study: ranker_v2}"
    )
    opened(tmp_path)
    catalog = write_catalog(tmp_path / "catalog", changes={f"studies/{SPLIT}.yaml": plan, "disclosure.yaml": TELL_ALL})
    return with_data(Workspace(catalog, Lake(tmp_path), ENGINE, {}, "1", NOW))


def looked(workspace: Workspace, study: str, as_of: date = EARLY) -> None:
    for stage in STAGES.values():
        stage(workspace, workspace.catalog.study(study), as_of)


def seen(workspace: Workspace, study: str) -> Scorecard:
    [card] = [e for e in entries(workspace.catalog, workspace.lake) if e.study == study]
    assert isinstance(card, Scorecard)
    return card


def segments(card: Scorecard) -> set[str]:
    return {result.segment[0] for result in card.estimates.results}


def test_readers_see_a_blinded_card_until_the_planned_look(workspace: Workspace) -> None:
    look(workspace, EARLY)
    assert isinstance(seen(workspace, "ranker_v2"), BlindedScorecard)
    assert not isinstance(current_scorecard(workspace.lake, "ranker_v2"), BlindedScorecard)
    look(workspace, LAST)
    assert seen(workspace, "ranker_v2") == current_scorecard(workspace.lake, "ranker_v2")


def test_a_plan_that_shows_direction_is_shown_at_once(workspace: Workspace) -> None:
    looked(workspace, SPLIT)
    assert not isinstance(seen(workspace, SPLIT), BlindedScorecard)


def test_segments_by_the_arms_of_a_study_appear_when_it_is_seen_itself(workspace: Workspace) -> None:
    looked(workspace, SPLIT)
    assert "ranker" in segments(current_scorecard(workspace.lake, SPLIT))
    assert segments(seen(workspace, SPLIT)) == {"", "country", "device"}
    look(workspace, EARLY)
    unblind(workspace.catalog, workspace.lake, "ranker_v2", "why not", actor="eve", now=NOW)
    assert segments(seen(workspace, SPLIT)) == {"", "country", "device", "ranker"}


def test_whole_cards_reach_reports_through_readers_alone() -> None:
    """A module that reads whole cards or makes a `Look` of one has to ask `Readers` first; then it is added here."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"(?<!class )(?<!def )\b(?:current_scorecard|Look)\(", path.read_text())
        and "estimators" not in path.parts
    }
    assert found == {"reports/look.py", "reports/postmortem.py", "stages/portfolio.py", "stages/study.py"}


def test_an_earlier_card_is_blinded_where_the_newest_is(workspace: Workspace) -> None:
    look(workspace, EARLY)
    card = current_scorecard(workspace.lake, "ranker_v2")
    readers = Readers.of(workspace.catalog, workspace.lake)
    assert isinstance(readers.earlier(card, readers.card(card, workspace.catalog.study("ranker_v2"))), BlindedScorecard)
    assert readers.earlier(card, card) is card


def test_the_page_changes_with_an_unblinding(workspace: Workspace) -> None:
    look(workspace, EARLY)
    before = make_site(workspace).data_version
    assert make_site(workspace).data_version == before
    unblind(workspace.catalog, workspace.lake, "ranker_v2", "why not", actor="eve", now=NOW)
    assert make_site(workspace).data_version != before


def test_a_replay_of_a_blinded_study_names_places_and_no_numbers(workspace: Workspace) -> None:
    look(workspace, EARLY)
    moved = Difference("number", "estimates.results[revenue].value", "estimates.results[revenue].value: 1.5 -> 1.6")
    code = Difference("code", "code", "the result was made by a; this is b")
    found = Replayed("ranker_v2", EARLY, "ab", True, (code, moved))
    kept, told = as_told(found, Readers.of(workspace.catalog, workspace.lake)).differences
    assert kept == code
    withheld = "the recomputed number is not the stored one; both are withheld: the study is blinded until 2026-03-08"
    assert told.sentence == f"estimates.results[revenue].value: {withheld}"
    unblind(workspace.catalog, workspace.lake, "ranker_v2", "why not", actor="eve", now=NOW)
    assert as_told(found, Readers.of(workspace.catalog, workspace.lake)) == found
