"""The role that each command takes, where a home has an access policy. A command without a row is refused there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impact_pipeline.catalog.access import Role

NEEDED: Mapping[str, Role] = {
    "check": "reader",
    "diff": "reader",
    "failed": "reader",
    "ledger export": "reader",
    "ledger show": "reader",
    "ledger verify": "reader",
    "plan diff": "reader",
    "plan status": "reader",
    "glossary": "reader",
    "lessons": "reader",
    "replay": "reader",
    "review challenge": "reader",
    "review comment": "reader",
    "review list": "reader",
    "review request": "reader",
    "verify": "reader",
    "analyze": "analyst",
    "plan abandon": "analyst",
    "plan amend": "analyst",
    "plan close": "analyst",
    "plan lint": "analyst",
    "plan new": "analyst",
    "plan power": "analyst",
    "plan register": "analyst",
    "postmortem": "analyst",
    "review answer": "analyst",
    "plan approve": "approver",
    "calibrate": "operator",
    "demo": "operator",
    "erase": "operator",
    "ledger anchor": "operator",
    "nightly": "operator",
    "plan accept-engine": "operator",
    "redo": "operator",
    "retain": "operator",
    "ui": "operator",
    "unblind": "operator",
}

WHEN_CLOSED = frozenset({"check"})
"""What runs where a policy is there and cannot be followed: the command that says why."""
