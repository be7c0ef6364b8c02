"""Reviews as people write them, command by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline_tests.cli.invoked import impact
from impact_pipeline_tests.governance.reviewed import DOCUMENT, LATER, reviewed_home


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACT_HOME", str(tmp_path))
    reviewed_home(tmp_path, ramp=DOCUMENT)
    return tmp_path


def test_a_challenge_is_written_listed_and_answered() -> None:
    told = impact("review", "challenge", "ranker_v2", "--text", "Bots came.", "--actor", "bob")
    assert told.endswith(f" on ranker_v2 of 2026-03-20, result {LATER[:16]} (entry 2 of the ledger)\n")
    number = told.split()[1]
    listed = impact("review", "list", "ranker_v2", "--open").splitlines()
    assert [line.split()[:4] for line in listed if "Bots" in line] == [
        [number, "challenge", "open", "ranker_v2@2026-03-20"]
    ]
    told = impact("review", "answer", number[:6], "--text", "They were taken out.", "--actor", "ada")
    assert told == f"challenge {number} of ranker_v2 answered by ada\n"
    assert "Bots" not in impact("review", "list", "--open")
    plain = json.loads(impact("review", "list", "--json"))
    assert {one["text"]: (one["state"], one["place"]) for one in plain} == {
        "Bots came.": ("answered", "entry 2 of the ledger"),
        "The ramp stood still for a day.": ("open", "reviews/ramp"),
    }


def test_comments_and_requests_are_written_alike() -> None:
    for kind in ("comment", "request"):
        assert impact("review", kind, "ranker_v2@2026-03-18", "--text", kind).startswith(f"{kind} ")


def test_what_is_named_wrongly_is_told() -> None:
    with pytest.raises(InputError, match="there is no result 'nobody'"):
        impact("review", "comment", "nobody", "--text", "x")
    with pytest.raises(InputError, match="study 'nobody' is not in the catalog; studies are ranker_v2"):
        impact("review", "list", "nobody")
    assert impact("review", "list", "ranker_v2", "--json") != "[]\n"
