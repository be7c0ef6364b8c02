"""The gate before the commands, with the account that runs the tests: let in, refused and logged, closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from impact_pipeline.catalog.access import Role
from impact_pipeline.cli import app
from impact_pipeline.cli.gate import admitted, commands_of
from impact_pipeline.cli.needed_roles import NEEDED
from impact_pipeline.cli.options import account_here
from impact_pipeline.errors import InputError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline_tests.cli.invoked import impact
from impact_pipeline_tests.cli.other_accounts import ROOT_ONLY, Somebody, open_folder
from impact_pipeline_tests.governance.test_access import write_policy
from impact_pipeline_tests.small_shop import write_catalog

POLICY = """
apiVersion: impact-access/v1
owner: team:data_platform
description: Who may do what.
accounts:
  ME: {roles: [analyst], acts_for: [ada_of_tests]}
  ada_of_tests: {roles: [analyst, approver]}
  bob_of_tests: {roles: [operator]}
"""
NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACT_HOME", str(tmp_path))
    monkeypatch.delenv("IMPACT_ACTOR", raising=False)
    write_catalog(tmp_path / "catalog")
    write_policy(tmp_path, POLICY.replace("ME", account_here()))
    return tmp_path


def events(home: Path) -> list[tuple[str, str, str | None]]:
    return [(entry.event, entry.actor, entry.payload.get("command")) for entry in Ledger(home).entries()]


def test_every_command_has_its_role_and_every_role_its_command() -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    assert sorted(name for name, _ in commands_of(group)) == sorted(NEEDED)


def test_no_command_gets_past_the_gate(home: Path) -> None:
    write_policy(home, POLICY.replace("ME", "somebody_of_tests"))
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in commands_of(group):
        assert command.callback is not None
        with pytest.raises(InputError, match=f"may not run `impact {name}`"):
            command.callback(home=home)
    assert events(home) == [("refusal", account_here(), name) for name, _ in commands_of(group)]


@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_admits_to_its_commands_and_to_reading(home: Path, role: Role) -> None:
    write_policy(home, f"{POLICY.split('accounts:')[0]}everyone: [{role}]\n")
    assert {name for name in NEEDED if _admitted(name, home)} == {
        name for name, needed in NEEDED.items() if needed in (role, "reader")
    }


def _admitted(command: str, home: Path) -> bool:
    try:
        return admitted(command, {"home": home}, {}) == account_here()
    except InputError:
        return False


def test_an_actor_is_asked_for_by_one_name() -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    options = {param.name for _, command in commands_of(group) for param in command.params if "--actor" in param.opts}
    assert options == {"actor"}


def test_an_account_with_the_role_acts_in_its_own_name_whatever_its_environment_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(name, "bob_of_tests")
    impact("plan", "register", "ranker_v2", "--reason", "ready")
    assert events(home) == [("policy", account_here(), None), ("registration", account_here(), None)]
    with pytest.raises(InputError, match=r"takes the role operator, held by bob_of_tests"):
        impact("nightly", "--date", "2026-03-04")


def test_a_refusal_is_logged_and_nothing_is_done(home: Path) -> None:
    with pytest.raises(InputError, match=r"takes the role approver, held by ada_of_tests.*This refusal is entry 0"):
        impact("plan", "approve", "ranker_v2", "--role", "ethics", "--reason", "4711")
    [entry] = Ledger(home).entries()
    assert (entry.event, entry.actor) == ("refusal", account_here())
    assert entry.payload == {"command": "plan approve", "needed": "approver"}
    assert impact("ledger", "show").splitlines()[0].endswith("refusal  command plan approve  needed approver")


def test_another_actor_is_taken_from_option_or_environment_only_where_the_policy_lets_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="may not act as 'bob_of_tests', only as itself and as ada_of_tests"):
        impact("plan", "register", "ranker_v2", "--reason", "x", "--actor", "bob_of_tests")
    monkeypatch.setenv("IMPACT_ACTOR", "bob_of_tests")
    with pytest.raises(InputError, match="may not act as 'bob_of_tests'"):
        impact("failed")
    monkeypatch.setenv("IMPACT_ACTOR", "ada_of_tests")
    impact("plan", "register", "ranker_v2", "--reason", "x")
    me = account_here()
    assert events(home)[2:] == [
        ("policy", me, None), ("delegation", me, "plan register"), ("registration", "ada_of_tests", None),
    ]  # fmt: skip


def test_a_faulty_policy_lets_check_alone_through_and_is_among_its_faults(home: Path) -> None:
    write_policy(home, POLICY.replace("[operator]", "[root]"))
    for words in (("failed",), ("plan", "status"), ("analyze", "study.yaml")):
        with pytest.raises(InputError, match=r"is refused: the access policy cannot be followed \(access.yaml:8: "):
            impact(*words)
    told = impact("check")
    assert told.splitlines()[0].startswith("access: nobody may run a command but `impact check`")
    assert told.endswith("1 study; 1 fault\n")
    assert [event for event, _, _ in events(home)] == ["refusal"] * 3


def test_the_home_is_the_one_that_the_command_is_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMPACT_HOME")
    with pytest.raises(InputError, match="takes the role operator"):
        impact("redo", "raw/orders", "2026-03-04", "--home", str(home))
    assert [event for event, _, _ in events(home)] == ["refusal"]


def test_without_a_policy_nothing_is_asked_and_it_is_said(home: Path) -> None:
    (home / "catalog" / "access.yaml").unlink()
    impact("plan", "register", "ranker_v2", "--reason", "x", "--actor", "anyone")
    assert events(home) == [("registration", "anyone", None)]
    assert impact("check").startswith("access: everyone may run every command: there is no access.yaml\n")


@pytest.fixture
def shared_home() -> Iterator[Path]:
    """A home that other accounts can read and not write."""
    with open_folder() as home:
        write_catalog(home / "catalog")
        write_policy(home, POLICY.replace("accounts:", "everyone: [reader]\naccounts:").replace("ME", "me"))
        yield home


@pytest.mark.skipif(os.getuid() != 0, reason=ROOT_ONLY)
def test_an_account_that_may_only_read_the_home_reads_and_is_refused_the_rest(shared_home: Path) -> None:
    nobody = Somebody(NOBODY, (NOBODY,))
    read = nobody.impact(shared_home, "check")
    assert (read.returncode, read.stderr) == (0, "")
    for environ, told in (
        ({"LOGNAME": "bob_of_tests", "USER": "bob_of_tests"}, "nobody may not run `impact nightly`"),
        ({"IMPACT_ACTOR": "bob_of_tests"}, "nobody may not act as 'bob_of_tests'"),
    ):
        refused = nobody.impact(shared_home, "nightly", "--date", "2026-03-04", **environ)
        assert refused.returncode == 1, refused.stderr
        assert told in refused.stderr
        assert "the system's log" in refused.stderr
    assert not (shared_home / "ledger").exists()
