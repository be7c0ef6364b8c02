"""A postmortem tells what the record holds, keeps what people wrote, and loses no word of theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from impact_pipeline.catalog.load import read_catalog
from impact_pipeline.errors import InputError
from impact_pipeline.governance.registration import Registry
from impact_pipeline.governance.reviewing import Reviewer
from impact_pipeline.lake.failures import Failed
from impact_pipeline.lake.lake import Lake
from impact_pipeline.reports.postmortem import postmortem, untouched
from impact_pipeline.stages.postmortem import begin_document, record_of, write_postmortem
from impact_pipeline.stages.staleness import stale_portfolio
from impact_pipeline.stages.study import current_scorecard
from impact_pipeline_tests.small_shop import document, write_catalog
from impact_pipeline_tests.stages.looked_home import EARLIER, STUDY, copy_of, make_looked_home
from impact_pipeline_tests.stages.small_workspace import NOW, look, opened, with_data

EARLY = date(2026, 3, 6)
WORDS = f"""
name: {STUDY}
owner: team:data
surprises: [Web buyers came *back*.]
lessons:
  - {{text: "Look at <days> 1 and 2 apart.", tags: [windows, cohorts]}}
"""


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_looked_home(tmp_path_factory.mktemp("looked"))
    Reviewer(home, "bob", NOW).say("challenge", f"{STUDY}@{EARLIER}", "Few units.")
    later = NOW + timedelta(days=1)
    Registry(home, "ada", later).close(STUDY, "shipped | to all")
    return home


def text_of(home: Path) -> str:
    return postmortem(record_of(read_catalog(home / "catalog").study(STUDY), Lake(home)))


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_plan_is_told_as_it_was_registered(looked: Path) -> None:
    told = section(text_of(looked), "What was planned")
    assert "- Change: ranker from 1 to 2\n- Hypothesis: better\n" in told
    assert "2026\\-03\\-04 to 2026\\-03\\-06, planned look 2026\\-03\\-08" in told
    assert "- 2026\\-03\\-01, ada registered it as " in told
    assert told.rstrip().endswith("\\: ready")


def test_every_look_and_what_failed_is_told(looked: Path) -> None:
    lake = Lake(looked)
    told = section(text_of(looked), "What happened")
    rows = [line for line in told.splitlines() if line.startswith("| 2026")]
    card = current_scorecard(lake, STUDY)
    assert len(rows) == 2
    verdict, result = card.verdict, card.provenance.result_id[:16]
    assert rows[1] == f"| 2026\\-03\\-08 | {verdict.decision} | {verdict.grade} | yes | {result} |"
    failed = [one for one in card.findings if one.passed is False and one.consequence != "none"]
    assert told.count("- Failed check: ") == len(failed)


def test_effects_stand_against_what_was_expected(looked: Path, tmp_path: Path) -> None:
    home = copy_of(looked, tmp_path / "home")
    plan = document("studies/ranker_v2.yaml").replace(
        "{metric: revenue, role: success}", "{metric: revenue, role: success, expected: {relative: 9}}"
    )
    write_catalog(home / "catalog", changes={"studies/ranker_v2.yaml": plan})
    told = section(text_of(home), "Effects against what was expected")
    [revenue] = [line for line in told.splitlines() if line.startswith("| Revenue per user |")]
    assert "| success | 900 % higher |" in revenue
    assert revenue.endswith("| less than expected |")


def test_decisions_and_reviews_are_told(looked: Path) -> None:
    text = text_of(looked)
    assert "- 2026\\-03\\-11, ada closed the plan\\: shipped \\| to all" in section(text, "Decisions")
    assert "bob, challenge of the look of 2026\\-03\\-06 \\(open\\)\\: Few units\\." in section(text, "Reviews")


def test_what_nobody_wrote_is_an_empty_place_with_a_head(looked: Path) -> None:
    for title, field in (("What surprised us", "surprises"), ("Root causes", "root_causes"), ("Lessons", "lessons")):
        told = section(text_of(looked), title)
        assert told.strip().startswith(f"_Nobody has written it yet: `{field}` in catalog/postmortems/{STUDY}.yaml._")


def test_what_people_wrote_stands_in_its_place_and_outdates_the_site(looked: Path, tmp_path: Path) -> None:
    home = copy_of(looked, tmp_path / "home")
    path = begin_document(read_catalog(home / "catalog").study(STUDY))
    assert path is not None
    before = read_catalog(home / "catalog")
    assert before.postmortems[STUDY].owner == "team:data"
    assert begin_document(before.study(STUDY)) is None
    path.write_text(WORDS)
    after = read_catalog(home / "catalog")
    assert begin_document(after.study(STUDY)) is None
    text = text_of(home)
    assert section(text, "What surprised us") == "\n- Web buyers came \\*back\\*\\.\n"
    assert section(text, "Lessons") == "\n- Look at &lt;days&gt; 1 and 2 apart\\. \\[windows\\] \\[cohorts\\]\n"
    assert stale_portfolio(before, Lake(home)) != stale_portfolio(after, Lake(home))


def test_a_file_that_was_changed_by_hand_is_not_written_over(looked: Path, tmp_path: Path) -> None:
    study, out = read_catalog(looked / "catalog").study(STUDY), tmp_path / "postmortem.md"
    write_postmortem(study, Lake(looked), out)
    written = out.read_text()
    assert untouched(written)
    write_postmortem(study, Lake(looked), out)
    assert out.read_text() == written
    out.write_text(written.replace("## Lessons\n", "## Lessons\n\nNever again.\n"))
    with pytest.raises(InputError, match=r"postmortem\.md was changed by hand, or is no postmortem, and is not"):
        write_postmortem(study, Lake(looked), out)
    assert "Never again." in out.read_text()
    for other in (tmp_path, looked / "lake" / "results" / STUDY / "current-scorecard.json"):
        with pytest.raises(InputError, match="is no postmortem"):
            write_postmortem(study, Lake(looked), other)


def test_what_stands_failed_and_was_restated_is_told(looked: Path, tmp_path: Path) -> None:
    home = copy_of(looked, tmp_path / "home")
    lake = Lake(home)
    study = read_catalog(home / "catalog").study(STUDY)
    lake.failures.record(Failed("study/cells", STUDY, "LakeError", "rows are <missing>", NOW.isoformat()))
    lake.failures.record(Failed("trusted/orders", "2026-03-09", "SourceError", "no file", NOW.isoformat()))
    lake.failures.record(Failed("trusted/other", "2026-03-09", "SourceError", "no file", NOW.isoformat()))
    record = record_of(study, lake)
    first, last = record.cards
    inputs = {**last.provenance.inputs, "trusted/orders": {"2026-03-05": "other"}}
    restated = replace(first, provenance=replace(first.provenance, inputs=inputs))
    told = section(postmortem(replace(record, cards=(restated, last))), "What happened")
    assert "- Stands failed: study/cells\\: rows are &lt;missing&gt;\n" in told
    assert "- Stands failed: trusted/orders 2026\\-03\\-09\\: no file\n" in told
    assert "other" not in told
    assert "- Look of 2026\\-03\\-08\\: trusted/orders\\: restated since the look before" in told


def test_a_study_without_a_look_has_a_postmortem_too(tmp_path: Path) -> None:
    study = write_catalog(tmp_path / "catalog").study(STUDY)
    text = postmortem(record_of(study, Lake(tmp_path)))
    assert text.startswith("# Postmortem: Ranker 2\n\nNo look has been taken\\.\n")
    assert section(text, "Money") == "\nNothing is on the record.\n"


def test_a_blinded_study_has_no_postmortem_yet(tmp_path: Path) -> None:
    workspace = with_data(opened(tmp_path))
    look(workspace, EARLY)
    with pytest.raises(InputError, match=f"study '{STUDY}' is blinded"):
        record_of(workspace.catalog.study(STUDY), workspace.lake)
