"""Who may do what with a home: `access.yaml`, at the top of the catalog beside the folders of other documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints, ValidationError

from impact_pipeline.catalog.catalog import Origin
from impact_pipeline.catalog.document import Model, Owner, Text
from impact_pipeline.catalog.faults import located
from impact_pipeline.catalog.issues import CatalogError, Issue
from impact_pipeline.catalog.load import ACCESS_FILE, document_text
from impact_pipeline.catalog.strict_yaml import Parsed, YamlFault, parse

Role = Literal["reader", "analyst", "approver", "operator"]

AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@+:\\-]{0,63}$")]


class Account(Model):
    """An account of the operating system. `acts_for` names accounts whose part it may take with `--actor`."""

    roles: tuple[Role, ...] = ()
    acts_for: tuple[AccountName, ...] = ()


class AccessPolicy(Model):
    """Roles of accounts, and those that every account has; whoever has any role may read."""

    apiVersion: Literal["impact-access/v1"]
    owner: Owner
    description: Text
    everyone: tuple[Role, ...] = ()
    accounts: dict[AccountName, Account] = {}

    def roles_of(self, account: str) -> frozenset[Role]:
        own = self.accounts.get(account, Account()).roles
        given: frozenset[Role] = frozenset((*self.everyone, *own))
        return given | {"reader"} if given else given

    def may_act(self, account: str, actor: str) -> bool:
        return account == actor or actor in self.accounts.get(account, Account()).acts_for

    def holders(self, role: Role) -> tuple[str, ...]:
        """The accounts, by name, that have a role."""
        return tuple(name for name in sorted(self.accounts) if role in self.roles_of(name))


def read_policy(root: Path) -> AccessPolicy | None:
    """The policy of the catalog at `root`, None where there is none; raises `CatalogError` at one with faults."""
    path = root / ACCESS_FILE
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        told = f"cannot be looked up ({type(error).__name__}); let this account read the catalog"
        raise CatalogError([Issue(ACCESS_FILE, 1, "document", told)]) from None
    try:
        parsed = parse(document_text(path, root))
    except YamlFault as fault:
        raise CatalogError([Issue(ACCESS_FILE, fault.line, "document", str(fault))]) from None
    return _sound(parsed, Origin(ACCESS_FILE, parsed.lines))


def _sound(parsed: Parsed, origin: Origin) -> AccessPolicy:
    try:
        policy = AccessPolicy.model_validate_json(json.dumps(parsed.value), strict=True)
    except ValidationError as error:
        raise CatalogError(located(error, parsed, origin)) from None
    unknown = tuple(_acting_for_strangers(policy, origin))
    if unknown:
        raise CatalogError(unknown)
    return policy


def _acting_for_strangers(policy: AccessPolicy, origin: Origin) -> Iterator[Issue]:
    for name, account in policy.accounts.items():
        for place, actor in enumerate(account.acts_for):
            if actor not in policy.accounts:
                told = f"'{actor}' is no account of this policy; give it roles under `accounts`, or correct the name"
                yield origin.issue(("accounts", name, "acts_for", place), told)
