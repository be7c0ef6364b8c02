"""`impact postmortem` and `lessons` as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline_tests.cli.invoked import impact
from impact_pipeline_tests.governance.reviewed import STUDY, reviewed_home


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACT_HOME", str(tmp_path))
    reviewed_home(tmp_path)
    return tmp_path


def test_a_postmortem_is_printed_or_written_and_begins_a_document(home: Path) -> None:
    begun = home / "catalog" / "postmortems" / f"{STUDY}.yaml"
    printed = impact("postmortem", STUDY)
    assert printed.startswith("# Postmortem: Ranker 2\n")
    assert begun.read_text().startswith("# yaml-language-server: $schema=../schemas/postmortem.json\n")
    assert impact("postmortem", STUDY, "--out", str(home / "p.md")) == f"{home / 'p.md'} written\n"
    assert (home / "p.md").read_text() == printed
    assert impact("lessons") == "no lesson is written yet; see `impact postmortem`\n"


def test_lessons_are_searched_by_words(home: Path) -> None:
    impact("postmortem", STUDY)
    path = home / "catalog" / "postmortems" / f"{STUDY}.yaml"
    path.write_text(path.read_text().replace("lessons: []", "lessons: [{text: Warm the cache., tags: [launch]}]\n#"))
    line = f"{STUDY}, lesson: Warm the cache. [launch] (postmortems/{STUDY})\n"
    assert impact("lessons") == line
    assert impact("lessons", "caches", "launch") == line
    [found] = json.loads(impact("lessons", "superior", "--model", "ranker", "--metric", "revenue", "--json"))
    assert (found["kind"], found["text"]) == ("verdict", "Orders per user is superior.")
    assert impact("lessons", "nothing") == "no lesson matches\n"
    with pytest.raises(InputError, match="--model 'nobody' is not in the catalog; it has ranker"):
        impact("lessons", "--model", "nobody")


def test_the_glossary_lists_names_or_tells_one() -> None:
    assert impact("glossary").splitlines()[0].startswith("metric late_revenue_per_order version 1 (team:data): total ")
    told = impact("glossary", "revenue_before")
    assert told.startswith(
        "feature revenue_before: revenue_before\n  is       the sum of amount (EUR) over a user's rows"
    )
    [plain] = json.loads(impact("glossary", "revenue_before", "--json"))
    assert plain["used_by"] == ["metric revenue", f"study {STUDY}"]
    with pytest.raises(InputError, match="near to it are revenue"):
        impact("glossary", "revenu")


def test_versions_that_were_not_raised_are_warned_of_and_bind_nothing(home: Path) -> None:
    impact("plan", "register", STUDY, "--reason", "ready")
    path = home / "catalog" / "metrics" / "revenue.yaml"
    path.write_text(path.read_text().replace("window: {days: 3}", "window: {days: 2}"))
    assert "; 0 faults, 1 warning\n" in impact("check")
    [warning] = json.loads(impact("check", "--json"))["warnings"]
    assert (warning["file"], warning["field"]) == ("metrics/revenue.yaml", "window.days")
    remarks = json.loads(impact("plan", "lint", STUDY, "--json"))
    assert any(one["told"].startswith("metric revenue changed `window.days` since version 1") for one in remarks)
    with pytest.raises(InputError, match="raise `version` and add a line to `change_log`"):
        impact("plan", "amend", STUDY, "--reason", "shorter")
