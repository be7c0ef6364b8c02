"""Whether an account may run a command, by the policy of its home. Without a policy everyone may everything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from impact_pipeline.catalog.access import AccessPolicy, Role, read_policy
from impact_pipeline.catalog.issues import CatalogError, Issue
from impact_pipeline.catalog.load import ACCESS_FILE
from impact_pipeline.errors import ImpactError
from impact_pipeline.governance.ledger import Ledger

POLICY_EVENT = "policy"
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Request:
    """`account` is what the operating system says, `actor` whose part it wants to take, `needed` the command's role."""

    account: str
    actor: str
    command: str
    needed: Role


@dataclass(frozen=True, slots=True)
class Closed:
    """There is a policy and it cannot be followed."""

    issues: tuple[Issue, ...]


def policy_at(home: Path) -> AccessPolicy | Closed | None:
    """The policy in force; None where there never was one. One that is faulty or gone closes the home."""
    try:
        found = read_policy(home / "catalog")
        last = Ledger(home).newest(POLICY_EVENT) if found is None else None
    except CatalogError as error:
        return Closed(error.issues)
    except (ImpactError, OSError) as error:
        told = f"is not there, and the ledger does not say whether it ever was ({type(error).__name__}); restore it"
        return Closed((Issue(ACCESS_FILE, 1, "document", told),))
    if last is None:
        return found
    told = f"is gone, and was in force (entry {last.seq} of the ledger); restore it. To let everyone do everything, "
    return Closed((Issue(ACCESS_FILE, 1, "document", f"{told}write a policy that gives `everyone` all roles"),))


def access_told(policy: AccessPolicy | Closed | None) -> str:
    """Who may run commands, in a line."""
    if policy is None:
        return f"everyone may run every command: there is no {ACCESS_FILE}"
    if isinstance(policy, Closed):
        return f"nobody may run a command but `impact check`: {ACCESS_FILE} cannot be followed"
    shared = f", everyone is {' and '.join(policy.everyone)}" if policy.everyone else ""
    return f"{len(policy.accounts)} account{'' if len(policy.accounts) == 1 else 's'} with roles{shared}"


def refusal(policy: AccessPolicy | Closed, request: Request) -> str | None:
    """Why the request is refused, who may instead, and what to do; None where it is allowed."""
    command = f"`impact {request.command}`"
    if isinstance(policy, Closed):
        told = f"the access policy cannot be followed ({policy.issues[0]})"
        return f"{command} is refused: {told}; `impact check` shows every fault of it, mend them"
    if not policy.may_act(request.account, request.actor):
        return _not_for_another(policy, request)
    if request.needed in policy.roles_of(request.actor):
        return None
    holders = policy.holders(request.needed)
    may = f"it takes the role {request.needed}, held by {_named(holders) or 'nobody'}"
    then = f"{'ask there, or ' if holders else ''}have the role given to {request.actor}"
    return f"{request.actor} may not run {command}: {may} ({ACCESS_FILE} of the catalog); {then}"


def _not_for_another(policy: AccessPolicy, request: Request) -> str:
    allowed = policy.accounts[request.account].acts_for if request.account in policy.accounts else ()
    too = f" and as {_named(allowed)}" if allowed else ""
    told = f"{request.account} may not act as '{request.actor[:40]}', only as itself{too}"
    return f"{told} (`acts_for` in {ACCESS_FILE} of the catalog); leave out --actor and IMPACT_ACTOR"


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
