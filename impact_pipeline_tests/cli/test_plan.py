"""The life of a plan as a person lives it, command by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impact_pipeline.cli import app
from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline_tests.cli.invoked import impact
from impact_pipeline_tests.governance.test_registration import PLAN, SIGNED, edited, looked
from impact_pipeline_tests.small_shop import document, write_catalog
from impact_pipeline_tests.stages.causal_home import DID, PANEL, PLAIN, plan

COMING = SIGNED.replace("2026-03-0", "2126-03-0")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACT_HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "ada")
    write_catalog(tmp_path / "catalog", changes={PLAN: COMING})
    return tmp_path


def test_a_plan_lives_from_draft_to_closed(home: Path) -> None:
    assert impact("plan", "status") == "ranker_v2: draft, a verdict would be exploratory: plan not registered\n"
    told = impact("plan", "register", "ranker_v2", "--reason", "ready")
    assert "registered as " in told
    assert "approvals still needed: reviewer bob, ethics" in told
    assert impact("plan", "approve", "ranker_v2", "--role", "reviewer", "--actor", "bob").startswith(
        "ranker_v2: reviewer bob approved by bob"
    )
    impact("plan", "approve", "ranker_v2", "--role", "ethics", "--actor", "eve")
    assert impact("plan", "status", "ranker_v2") == "ranker_v2: registered\n"
    write_catalog(home / "catalog", changes={PLAN: edited("title: Ranker 2", "title: R", COMING)})
    assert impact("plan", "diff", "ranker_v2") == "display    title changed: Ranker 2 -> R  (feeds no verdict)\n"
    assert "amended to " in impact("plan", "amend", "ranker_v2", "--reason", "shorter")
    assert impact("plan", "diff", "ranker_v2") == "ranker_v2 is what was registered\n"
    [change] = json.loads(impact("plan", "diff", "ranker_v2", "--against", "0", "--json"))
    assert (change["field"], change["part"]) == ("title", "display")
    looked(home, final=True)
    assert json.loads(impact("plan", "status", "--json"))[0]["state"] == "decided"
    assert impact("plan", "close", "ranker_v2", "--reason", "shipped") == "ranker_v2 closed (entry 6)\n"
    assert [entry.actor for entry in Ledger(home).entries()][:4] == ["ada", "bob", "eve", "ada"]


def test_a_panel_whose_contacts_are_not_known_yet_says_who_will_tell(home: Path) -> None:
    write_catalog(home / "catalog", changes={PLAN: plan(DID, PANEL), "metrics/plain.yaml": PLAIN})
    done = CliRunner().invoke(app, ["plan", "register", "ranker_v2", "--reason", "ready"])
    assert done.stderr == (
        "note: ranker_v2: its change takes effect with its first treated contact, and none is published yet; the first "
        "look says whether it was registered in time\n"
    )


def test_out_of_order_says_what_to_do(home: Path) -> None:
    for words, told in (
        (("diff", "ranker_v2"), r"is a draft: register it first"),
        (("amend", "ranker_v2", "--reason", "x"), r"is a draft: register it first"),
        (("abandon", "ranker_v2", "--reason", "x"), r"was never registered: delete its file"),
        (("register", "other", "--reason", "x"), r"study 'other' is not in the catalog; studies are ranker_v2"),
    ):
        with pytest.raises(InputError, match=told):
            impact("plan", *words)
    impact("plan", "register", "ranker_v2", "--reason", "ready")
    with pytest.raises(InputError, match=r"entry 7 holds no version of plan 'ranker_v2'; versions are 0"):
        impact("plan", "diff", "ranker_v2", "--against", "7")
    impact("plan", "abandon", "ranker_v2", "--reason", "withdrawn")
    with pytest.raises(InputError, match="was abandoned: write a new plan"):
        impact("plan", "register", "ranker_v2", "--reason", "again")


def test_the_plan_that_is_edited_by_its_meaning(home: Path) -> None:
    impact("plan", "register", "ranker_v2", "--reason", "ready")
    write_catalog(
        home / "catalog", changes={PLAN: document(PLAN).replace("2026-03-0", "2126-03-0").replace("-06", "-09")}
    )
    told = impact("plan", "diff", "ranker_v2").splitlines()
    assert told[0] == "data       dates moved: ends 2126-03-06 -> 2126-03-09"
    assert told[1].startswith("display    governance changed: ")


def test_a_new_plan_is_written_once_and_can_be_linted(home: Path) -> None:
    words = ("plan", "new", "ranker_v3", "--design", "randomized", "--area", "search", "--starts", "2026-04-06")
    assert "ranker_v3.yaml written: complete it, then `impact check`" in impact(*words)
    assert "starts: 2026-04-06\n" in (home / "catalog" / "studies" / "ranker_v3.yaml").read_text()
    with pytest.raises(InputError, match="'ranker_v3' is taken by another plan"):
        impact(*words)
    with pytest.raises(InputError, match="--starts 'soon' is not a day; write it as 2026-03-20"):
        impact(*words[:-1], "soon")
    told = json.loads(impact("plan", "lint", "ranker_v3", "--json"))
    assert {remark["level"] for remark in told} == {"warning"}
    assert "warning: dataset 'orders' has no published day yet\n" in impact("plan", "lint", "ranker_v3")
