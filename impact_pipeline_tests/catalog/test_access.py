"""The access policy as people write it: which roles it gives, and what of it is refused, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from impact_pipeline.catalog.access import AccessPolicy, read_policy
from impact_pipeline.catalog.issues import CatalogError
from impact_pipeline.catalog.load import read_catalog
from impact_pipeline_tests.small_shop import write_catalog

POLICY = """
apiVersion: impact-access/v1
owner: team:data_platform
description: Who may do what.
everyone: [reader]
accounts:
  ada: {roles: [analyst]}
  bob: {roles: [approver, operator]}
  ci: {acts_for: [ada]}
"""


def policy(text: str, root: Path) -> AccessPolicy | None:
    (root / "access.yaml").write_text(text)
    return read_policy(root)


def faults(text: str, root: Path) -> list[str]:
    with pytest.raises(CatalogError) as refused:
        policy(text, root)
    return [str(issue) for issue in refused.value.issues]


def test_roles_are_those_of_an_account_and_of_everyone(tmp_path: Path) -> None:
    found = policy(POLICY, tmp_path)
    assert found is not None
    assert found.roles_of("ada") == {"reader", "analyst"}
    assert found.roles_of("somebody") == {"reader"}
    assert found.holders("operator") == ("bob",)


def test_whoever_has_a_role_may_read(tmp_path: Path) -> None:
    found = policy(POLICY.replace("everyone: [reader]\n", ""), tmp_path)
    assert found is not None
    assert found.roles_of("bob") == {"reader", "approver", "operator"}
    assert found.roles_of("ci") == found.roles_of("somebody") == frozenset()


def test_acting_for_another_is_for_those_who_are_named(tmp_path: Path) -> None:
    found = policy(POLICY, tmp_path)
    assert found is not None
    assert [found.may_act(*pair) for pair in (("ci", "ada"), ("ci", "bob"), ("ada", "bob"), ("zed", "zed"))] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_home_without_a_policy_has_none(tmp_path: Path) -> None:
    assert read_policy(tmp_path) is None
    assert read_policy(tmp_path / "nowhere") is None


def test_the_policy_is_no_misplaced_document_of_the_catalog(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    (tmp_path / "access.yaml").write_text(POLICY)
    assert read_catalog(tmp_path).broken == {}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[analyst]", "[admin]", "access.yaml:7: accounts.ada.roles.0: 'admin' is not allowed; write 'reader', "
         "'analyst', 'approver' or 'operator'"),
        ("acts_for: [ada]", "acts_for: [eve]", "access.yaml:9: accounts.ci.acts_for.0: 'eve' is no account of this "
         "policy; give it roles under `accounts`, or correct the name"),
        ("everyone", "everybody", "access.yaml:5: everybody: is not a field of this document; remove it or correct "
         "its name"),
        ("  bob:", "  ada:", "access.yaml:8: document: the key 'ada' stands twice; keep one of the two"),
        ("ada: {", "ada: &a {", "access.yaml:7: document: anchors and aliases are not allowed; write the value out"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert faults(POLICY.replace(old, new, 1), tmp_path) == [told]


@pytest.mark.parametrize("name", ["ada lovelace", "*", "a" * 65])
def test_a_name_that_no_account_can_have_is_refused(tmp_path: Path, name: str) -> None:
    [told] = faults(POLICY.replace("  bob:", f'  "{name}":'), tmp_path)
    assert told.startswith(f"access.yaml:8: accounts.{name}")


def test_a_link_that_leads_nowhere_is_a_fault_and_not_no_policy(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").symlink_to(tmp_path / "nothing")
    with pytest.raises(CatalogError, match=r"access.yaml:1: document: cannot be read as UTF-8 text"):
        read_policy(tmp_path)
    (tmp_path / "access.yaml").unlink()
    (tmp_path / "access.yaml").symlink_to("/dev/null")
    with pytest.raises(CatalogError, match="a link that leaves the catalog's folder"):
        read_policy(tmp_path)
