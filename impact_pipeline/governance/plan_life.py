"""The life of a plan, derived from the ledger alone: draft, registered, running, decided, closed or abandoned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from impact_pipeline.governance.entries import Entry

Action = Literal["register", "approve", "amend", "close", "abandon"]


class PlanState(StrEnum):
    DRAFT = "draft"
    REGISTERED = "registered"
    RUNNING = "running"
    DECIDED = "decided"
    CLOSED = "closed"
    ABANDONED = "abandoned"


_ANEW = "write a new plan under another name"
_FIRST = "is a draft: register it first, `impact plan register {study} --reason ...`"
_AMEND = "is registered already: change it with `impact plan amend {study} --reason ...`"
_DECIDED = "has a verdict, which a change must not touch: {anew}, or close it with `impact plan close {study}`"
_CLOSED = "is closed: {anew}"
_ABANDONED = "was abandoned: {anew}"
_OVER = {PlanState.CLOSED: _CLOSED, PlanState.ABANDONED: _ABANDONED}

REFUSED: Mapping[Action, Mapping[PlanState, str]] = {
    "register": {
        PlanState.REGISTERED: _AMEND, PlanState.RUNNING: _AMEND, PlanState.DECIDED: _DECIDED, **_OVER,
    },
    "approve": {PlanState.DRAFT: _FIRST, PlanState.DECIDED: _DECIDED, **_OVER},
    "amend": {PlanState.DRAFT: _FIRST, PlanState.DECIDED: _DECIDED, **_OVER},
    "close": {
        PlanState.DRAFT: _FIRST,
        PlanState.REGISTERED: "has no look yet: run its nights, or give it up with `impact plan abandon {study}`",
        PlanState.RUNNING: "has no final verdict yet: run its nights up to the planned look, or give it up with "
        "`impact plan abandon {study}`",
        **_OVER,
    },
    "abandon": {
        PlanState.DRAFT: "was never registered: delete its file, nothing else knows of it",
        PlanState.DECIDED: "has a verdict and can no longer be given up: close it with `impact plan close {study}`",
        **_OVER,
    },
}  # fmt: skip
"""Action -> states in which it is out of order, and what to do instead; in all others it is allowed."""


@dataclass(frozen=True, slots=True)
class PlanLife:
    """Where a plan stands. `documents` are those of the registration or its newest amendment, `needed` the approvals
    that these ask for and `approvals` those given to them, each with its actor.

    `registration` is its entry, `first_look` the date of the first look whose entry stands in the ledger.
    """

    study: str
    state: PlanState = PlanState.DRAFT
    documents: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    approvals: Mapping[str, str] = field(default_factory=dict)
    registration: Entry | None = None
    first_look: str | None = None
    looked_before: bool = False
    amendments: tuple[Amendment, ...] = ()
    versions: tuple[Entry, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Approvals that are needed and not given."""
        return tuple(need for need in self.needed if need not in self.approvals)

    @property
    def writers(self) -> frozenset[str]:
        """Whoever registered or amended it."""
        return frozenset(entry.actor for entry in self.versions)

    def refusal(self, action: Action) -> str | None:
        """Why the action is out of order, and what to do; None where it is in order."""
        told = REFUSED[action].get(self.state)
        if told is None:
            return None
        return f"plan '{self.study}' {told.format(study=self.study, anew=_ANEW)}"


@dataclass(frozen=True, slots=True)
class Amendment:
    """`late`: outcomes had been read when it was made."""

    entry: Entry
    late: bool


def life_of(study: str, entries: Iterable[Entry]) -> PlanLife:
    """The life that these entries tell, in their order; those of other studies are passed over."""
    life = PlanLife(study)
    for entry in entries:
        if entry.study == study:
            life = _after(life, entry)
    return life


def _after(life: PlanLife, entry: Entry) -> PlanLife:
    match entry.event:
        case "registration":
            looked = life.first_look is not None or entry.payload.get("looked", False)
            bound = replace(life, state=PlanState.REGISTERED, registration=entry, looked_before=looked)
            return _with_version(bound, entry)
        case "amendment":
            made = Amendment(entry, late=life.first_look is not None)
            kept = life.approvals if not entry.payload["binds"] else {}
            return replace(_with_version(life, entry), amendments=(*life.amendments, made), approvals=kept)
        case "approval":
            return replace(life, approvals={**life.approvals, entry.payload["approval"]: entry.actor})
        case "look":
            state = PlanState.RUNNING if life.state is PlanState.REGISTERED else life.state
            return replace(life, state=state, first_look=life.first_look or entry.payload["as_of"])
        case "verdict" if entry.payload["final"] and life.state is PlanState.RUNNING:
            return replace(life, state=PlanState.DECIDED)
        case "closure":
            return replace(life, state=PlanState.CLOSED)
        case "abandonment":
            return replace(life, state=PlanState.ABANDONED)
    return life


def _with_version(life: PlanLife, entry: Entry) -> PlanLife:
    told = entry.payload
    return replace(life, documents=told["documents"], needed=tuple(told["needed"]), versions=(*life.versions, entry))
