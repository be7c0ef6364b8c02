"""`impact postmortem` and `lessons` as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline_tests.cli.test_plan import impact
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
