"""Who may run what: allowed, refused with who may instead, and closed where the policy is faulty or gone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from impact_pipeline.catalog.access import AccessPolicy, Role
from impact_pipeline.errors import InputError
from impact_pipeline.governance.access import Closed, Request, access_told, policy_at, refusal
from impact_pipeline.governance.access_log import AccessLog
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline_tests.catalog.test_access import POLICY

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def write_policy(home: Path, text: str = POLICY) -> None:
    (home / "catalog").mkdir(exist_ok=True, parents=True)
    (home / "catalog" / "access.yaml").write_text(text)


def in_force(home: Path, text: str = POLICY) -> AccessPolicy:
    write_policy(home, text)
    found = policy_at(home)
    assert isinstance(found, AccessPolicy)
    return found


def request(account: str, command: str, needed: Role, actor: str | None = None) -> Request:
    return Request(account, actor or account, command, needed)


def events(home: Path) -> list[tuple[str, str]]:
    return [(entry.event, entry.actor) for entry in Ledger(home).entries()]


def test_who_has_the_role_is_let_in(tmp_path: Path) -> None:
    policy = in_force(tmp_path)
    assert refusal(policy, request("ada", "plan register", "analyst")) is None
    assert refusal(policy, request("nobody", "failed", "reader")) is None
    assert refusal(policy, request("ci", "plan register", "analyst", actor="ada")) is None


def test_who_has_not_is_told_who_has(tmp_path: Path) -> None:
    policy = in_force(tmp_path)
    assert refusal(policy, request("ada", "plan approve", "approver")) == (
        "ada may not run `impact plan approve`: it takes the role approver, held by bob (access.yaml of the "
        "catalog); ask there, or have the role given to ada"
    )
    alone = in_force(tmp_path, POLICY.replace("approver, operator", "approver"))
    told = refusal(alone, request("ci", "nightly", "operator"))
    assert told is not None
    assert told.endswith("held by nobody (access.yaml of the catalog); have the role given to ci")


def test_a_long_list_of_holders_is_cut(tmp_path: Path) -> None:
    many = "".join(f"  op{n}: {{roles: [operator]}}\n" for n in range(8))
    told = refusal(in_force(tmp_path, POLICY + many), request("ada", "nightly", "operator"))
    assert told is not None
    assert "held by bob, op0, op1, op2, op3, op4 and 3 more" in told


@pytest.mark.parametrize(
    ("account", "only"), [("ada", "only as itself"), ("ci", "only as itself and as ada"), ("zed", "only as itself")]
)
def test_the_part_of_another_is_not_to_be_taken(tmp_path: Path, account: str, only: str) -> None:
    told = refusal(in_force(tmp_path), request(account, "plan approve", "approver", actor="bob"))
    assert told == (
        f"{account} may not act as 'bob', {only} (`acts_for` in access.yaml of the catalog); leave out --actor and "
        "IMPACT_ACTOR"
    )


def test_acting_for_another_gives_the_roles_of_the_other_and_not_ones_own(tmp_path: Path) -> None:
    policy = in_force(tmp_path, POLICY.replace("ci: {", "ci: {roles: [operator], "))
    assert refusal(policy, request("ci", "nightly", "operator")) is None
    told = refusal(policy, request("ci", "nightly", "operator", actor="ada"))
    assert told is not None
    assert told.startswith("ada may not run `impact nightly`")


def test_a_faulty_policy_closes(tmp_path: Path) -> None:
    write_policy(tmp_path, POLICY.replace("[analyst]", "[admin]"))
    found = policy_at(tmp_path)
    assert isinstance(found, Closed)
    assert [str(issue)[:16] for issue in found.issues] == ["access.yaml:7: a"]
    told = refusal(found, request("bob", "nightly", "operator"))
    assert told is not None
    assert told.startswith("`impact nightly` is refused: the access policy cannot be followed (access.yaml:7: ")


def test_a_policy_that_was_in_force_and_is_gone_closes(tmp_path: Path) -> None:
    AccessLog(tmp_path, NOW).admission(in_force(tmp_path), request("bob", "nightly", "operator"))
    (tmp_path / "catalog" / "access.yaml").unlink()
    found = policy_at(tmp_path)
    assert isinstance(found, Closed)
    [issue] = found.issues
    assert "is gone, and was in force (entry 0 of the ledger); restore it" in issue.message
    assert access_told(found) == "nobody may run a command but `impact check`: access.yaml cannot be followed"


def test_a_ledger_that_cannot_tell_closes(tmp_path: Path) -> None:
    AccessLog(tmp_path, NOW).admission(in_force(tmp_path), request("bob", "nightly", "operator"))
    (tmp_path / "catalog" / "access.yaml").unlink()
    path = Ledger(tmp_path).path
    path.write_bytes(path.read_bytes().replace(b'"bob"', b'"eve"'))
    found = policy_at(tmp_path)
    assert isinstance(found, Closed)
    [issue] = found.issues
    assert issue.message.startswith("is not there, and the ledger does not say whether it ever was (LakeError)")


def test_what_stands_is_told_in_a_line(tmp_path: Path) -> None:
    assert access_told(policy_at(tmp_path)) == "everyone may run every command: there is no access.yaml"
    assert access_told(in_force(tmp_path)) == "3 accounts with roles, everyone is reader"


def test_a_policy_is_kept_when_it_changes(tmp_path: Path) -> None:
    first, log = in_force(tmp_path), AccessLog(tmp_path, NOW)
    asked = request("ada", "check", "reader")
    log.admission(first, asked)
    log.admission(first, asked)
    log.admission(in_force(tmp_path, POLICY + "  eve: {roles: [operator]}\n"), asked)
    log.admission(first, asked)
    entries = Ledger(tmp_path).entries()
    assert [sorted(entry.payload["policy"]["accounts"]) for entry in entries] == [
        ["ada", "bob", "ci"], ["ada", "bob", "ci", "eve"], ["ada", "bob", "ci"],
    ]  # fmt: skip


def test_an_act_in_anothers_name_is_kept_with_the_account(tmp_path: Path) -> None:
    AccessLog(tmp_path, NOW).admission(in_force(tmp_path), request("ci", "plan register", "analyst", actor="ada"))
    assert events(tmp_path) == [("policy", "ci"), ("delegation", "ci")]
    told = Ledger(tmp_path).entries()[1].payload
    assert (told["command"], told["as"]) == ("plan register", "ada")


def test_without_a_ledger_that_can_say_so_nobody_acts_for_another(tmp_path: Path) -> None:
    policy, asked = in_force(tmp_path), request("ci", "plan register", "analyst", actor="ada")
    (tmp_path / "ledger" / "ledger.jsonl").mkdir(parents=True)
    told = r"ci may act as ada only where the ledger says so, and it cannot be written \(IsADirectoryError\)"
    with pytest.raises(InputError, match=told):
        AccessLog(tmp_path, NOW).admission(policy, asked)


def test_a_refusal_keeps_no_name_that_may_be_anything(tmp_path: Path) -> None:
    policy, log = in_force(tmp_path), AccessLog(tmp_path, NOW)
    for actor in ("bob", "4711", "ada"):
        log.refusal(policy, request("ada", "plan approve", "approver", actor=actor))
    kept = [dict(entry.payload) for entry in Ledger(tmp_path).entries()]
    plain = {"command": "plan approve", "needed": "approver"}
    assert kept == [{**plain, "as": "bob"}, plain, plain]
