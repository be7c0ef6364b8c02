"""`impact unblind` as a person uses it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from impact_pipeline.errors import InputError
from impact_pipeline_tests.cli.invoked import impact
from impact_pipeline_tests.stages.small_workspace import look, opened, with_data


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACT_HOME", str(tmp_path))
    look(with_data(opened(tmp_path)), date(2026, 3, 6))
    return tmp_path


def test_a_person_unblinds_a_study_on_the_record(home: Path) -> None:
    with pytest.raises(InputError, match="study 'ranker_v2' is blinded, and its numbers would show its direction"):
        impact("diff", "ranker_v2", "ranker_v2")
    assert impact("unblind", "ranker_v2", "--reason", "a partner asks", "--actor", "eve") == (
        "ranker_v2 unblinded at the look of 2026-03-06 (entry 3 of the ledger);"
        " the next night renews its page, and so does `impact redo reports/site`\n"
    )
    assert "eve  unblinding  ranker_v2  as_of 2026-03-06  reason a partner asks" in impact("ledger", "show")
    assert "every number is equal" in impact("diff", "ranker_v2", "ranker_v2")
    with pytest.raises(InputError, match="is not blinded: eve unblinded it on"):
        impact("unblind", "ranker_v2", "--reason", "again")


def test_a_script_reads_the_entry(home: Path) -> None:
    entry = json.loads(impact("unblind", "ranker_v2", "--reason", "a partner asks", "--actor", "eve", "--json"))
    assert (entry["event"], entry["actor"], entry["payload"]["as_of"]) == ("unblinding", "eve", "2026-03-06")
