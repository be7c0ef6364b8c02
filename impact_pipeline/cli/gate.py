"""The one gate before every command: the home's access policy, the account that asks, and the record of refusals."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from typer.core import TyperCommand, TyperGroup

from impact_pipeline.cli.needed_roles import NEEDED, WHEN_CLOSED
from impact_pipeline.cli.options import ACTOR_VARIABLE, DEFAULT_HOME, HOME_VARIABLE, account_here
from impact_pipeline.errors import ImpactError, InputError

if TYPE_CHECKING:
    from impact_pipeline.catalog.access import AccessPolicy
    from impact_pipeline.governance.access import Closed, Request
    from impact_pipeline.governance.access_log import AccessLog


class GatedGroup(TyperGroup):
    """A group whose commands, and those of the groups in it, pass the gate first."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, command in commands_of(self):
            if command.callback is not None:
                command.callback = gated(name, command.callback)


def commands_of(group: TyperGroup, above: str = "") -> Iterator[tuple[str, TyperCommand]]:
    """Every command below a group, by its words, such as `plan register`."""
    for name, found in group.commands.items():
        if isinstance(found, TyperGroup):
            yield from commands_of(found, f"{above}{name} ")
        else:
            yield f"{above}{name}", cast(TyperCommand, found)


def gated(command: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    """The callback behind the gate; where a policy is in force it acts as whom the gate let in."""

    @wraps(callback)
    def asked(**options: Any) -> Any:
        actor = admitted(command, options, os.environ)
        known = {"actor": actor} if actor is not None and "actor" in options else {}
        return callback(**{**options, **known})

    return asked


def admitted(command: str, options: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """Who acts, None where no policy says who may; raises `InputError` with the refusal, which it has logged."""
    from impact_pipeline.governance.access import Closed, Request, policy_at, refusal
    from impact_pipeline.governance.access_log import AccessLog

    home = Path(options.get("home") or environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    policy = policy_at(home)
    if policy is None or (isinstance(policy, Closed) and command in WHEN_CLOSED):
        return None
    account = account_here()
    actor = options.get("actor") or environ.get(ACTOR_VARIABLE) or account
    request, log = Request(account, actor, command, NEEDED[command]), AccessLog(home, datetime.now(UTC))
    told = refusal(policy, request)
    if isinstance(policy, Closed) or told is not None:
        raise InputError(f"{told}. {_logged(log, policy, request)}")
    log.admission(policy, request)
    return actor


def _logged(log: AccessLog, policy: AccessPolicy | Closed, request: Request) -> str:
    """Keep a refusal in the ledger, or in the system's log where this account may not write the ledger."""
    from impact_pipeline.sinks.system_log import told_to_system_log

    try:
        return f"This refusal is entry {log.refusal(policy, request).seq} of the ledger"
    except (OSError, ImpactError):
        line = f"refused to {request.account}: impact {request.command}, which takes the role {request.needed}"
        if told_to_system_log(line):
            return "This refusal is in the system's log"
    return "This refusal could not be logged: neither the ledger nor the system's log took it"
