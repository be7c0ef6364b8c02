"""What the ledger keeps of access: policies in force, refusals, and acts in another's name.

Arguments of commands are kept nowhere: they may be ids.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from impact_pipeline.catalog.access import AccessPolicy
from impact_pipeline.catalog.identity import digest
from impact_pipeline.errors import ImpactError, InputError
from impact_pipeline.governance.access import POLICY_EVENT, Closed, Request
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Of one home, at one time."""

    home: Path
    now: datetime

    def admission(self, policy: AccessPolicy, request: Request) -> None:
        """Keep the policy that let a request in, and that it was made in another's name; the latter must be kept."""
        with suppress(OSError, ImpactError):
            self._policy(policy, request.account)
        if request.actor != request.account:
            self._delegation(request)

    def _policy(self, policy: AccessPolicy, account: str) -> None:
        plain = policy.model_dump(mode="json")
        last = self._ledger.newest(POLICY_EVENT)
        if last is not None and last.payload["policy"] == plain:
            return
        event_id = f"policy {digest(plain)} after {last.seq if last else None}"
        self._ledger.append(POLICY_EVENT, {"policy": plain}, actor=account, now=self.now, event_id=event_id)

    def _delegation(self, request: Request) -> None:
        told = {"command": request.command, "as": request.actor}
        try:
            self._ledger.append("delegation", told, actor=request.account, now=self.now)
        except OSError as error:
            needed = f"{request.account} may act as {request.actor} only where the ledger says so"
            raise InputError(f"{needed}, and it cannot be written ({type(error).__name__})") from None

    def refusal(self, policy: AccessPolicy | Closed, request: Request) -> Entry:
        """The claimed actor is kept only where the policy knows the name; else it may be anything."""
        told = {"command": request.command, "needed": request.needed}
        known = isinstance(policy, AccessPolicy) and request.actor in policy.accounts
        claimed = {"as": request.actor} if known and request.actor != request.account else {}
        return self._ledger.append("refusal", {**told, **claimed}, actor=request.account, now=self.now)

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.home)
