"""The ledger's commands: what is bent is named by its line, inside by the chain, at its end by an anchor."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.registration import Registry
from impact_pipeline_tests.governance.test_ledger import NOW
from impact_pipeline_tests.governance.test_registration import looked, study_of
from impact_pipeline_tests.test_cli import impact as as_a_process


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("IMPACT_HOME", str(tmp_path))
    Registry(tmp_path, "ada", NOW).register(study_of(tmp_path), "ready")
    looked(tmp_path)
    return Ledger(tmp_path)


def impact(*words: str) -> Result:
    done = CliRunner().invoke(app, ["ledger", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_an_intact_ledger_is_told(ledger: Ledger, tmp_path: Path) -> None:
    place = str(tmp_path / "anchors.jsonl")
    head = ledger.head()
    assert head is not None
    assert json.loads(impact("anchor", "--file", place).stdout) == {"seq": 2, "hash": head.hash, "ts": head.ts}
    done = impact("verify", "--anchors", place)
    counted = "3 entries, 12 registered documents and 1 anchors hold"
    assert (done.exit_code, done.stdout) == (0, f"{counted}; the newest entry is 2, {head.hash}\n")
    told = json.loads(impact("verify", "--json").stdout)
    assert told == {"entries": 3, "documents": 12, "anchors": 0, "head": {"seq": 2, "hash": head.hash}, "fault": None}


def test_an_edit_is_named_and_no_longer_anchored(ledger: Ledger, tmp_path: Path) -> None:
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"reason":"ready"', b'"reason":"Ready"'))
    done = as_a_process("ledger", "verify", home=tmp_path)
    told = "ledger.jsonl: line 1: its content does not match its hash: it was changed after it was written\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)
    with pytest.raises(InputError, match="a ledger with a fault is not anchored: line 1"):
        impact("anchor", "--file", str(tmp_path / "anchors.jsonl"))


def test_a_cut_end_is_named_through_the_anchor(ledger: Ledger, tmp_path: Path) -> None:
    place = str(tmp_path / "anchors.jsonl")
    impact("anchor", "--file", place)
    ledger.path.write_bytes(b"\n".join(ledger.lines()[:2]) + b"\n")
    assert impact("verify").exit_code == 0
    done = impact("verify", "--anchors", place, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["fault"]["line"] == 3
    ledger.path.unlink()
    assert impact("verify", "--anchors", place).exit_code == 1


def test_a_git_tag_anchors(ledger: Ledger, tmp_path: Path) -> None:
    for line in (
        "init -q",
        "config user.email ada@example.org",
        "config user.name Ada",
        "commit -q --allow-empty -m x",
    ):
        subprocess.run(["git", "-C", str(tmp_path), *line.split()], check=True)
    impact("anchor", "--git-tag", "ledger-1", "--repository", str(tmp_path))
    assert impact("verify", "--git-tag", "ledger-*", "--repository", str(tmp_path)).exit_code == 0
    ledger.path.write_bytes(ledger.lines()[0] + b"\n")
    assert impact("verify", "--git-tag", "ledger-*", "--repository", str(tmp_path)).exit_code == 1


def test_a_changed_registered_document_is_named(ledger: Ledger, tmp_path: Path) -> None:
    named = ledger.entries()[0].payload["documents"]["metric revenue"]
    (tmp_path / "ledger" / "documents" / f"{named}.json").write_text("{}")
    done = impact("verify", "--json")
    assert done.exit_code == 1
    told = f"ledger/documents/{named}.json, registered as metric revenue, was changed after it was written"
    assert json.loads(done.stdout)["fault"] == {"line": 1, "message": told}


def test_entries_are_exported_and_shown(ledger: Ledger) -> None:
    assert [entry["event"] for entry in json.loads(impact("export").stdout)] == ["registration", "look", "verdict"]
    rows = list(csv.DictReader(io.StringIO(impact("export", "--csv", "--study", "ranker_v2").stdout)))
    assert [row["seq"] for row in rows] == ["0", "1", "2"]
    first, *_ = impact("show").stdout.splitlines()
    assert first == "     0  2026-03-02T12:00:00  ada  registration  ranker_v2  reason ready"
    assert impact("show", "--study", "other").stdout == "the ledger holds no entry of study 'other'\n"
    with pytest.raises(InputError, match="either --csv or --json"):
        impact("export", "--csv", "--json")
    with pytest.raises(InputError, match="name where to keep the anchor"):
        impact("anchor")


def test_a_home_without_a_ledger_says_so(tmp_path: Path) -> None:
    done = impact("verify", "--home", str(tmp_path))
    assert (done.exit_code, done.stdout) == (0, "the ledger holds no entry: nothing was ever registered or looked at\n")
