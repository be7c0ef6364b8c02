"""What lawful erasures changed, read from the ledger: which fingerprints became which, and by how many rows.

A lake in which rows were erased holds other fingerprints than results recorded. Only what the ledger tells of counts
as lawful; any other change stays one that is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from impact_pipeline.errors import LakeError
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_documents import KeptDocuments
from impact_pipeline.lake.erased_tables import Reduced

EVENT = "erasure"
DOCUMENT = "erasure"

Told = Mapping[str, tuple[Reduced, ...]]
"""Table, or 'raw' for staged days -> its states before and after."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a fingerprint became by one erasure."""

    after: str
    rows: int
    request: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a fingerprint is now; `rows` went on the way, by these `requests`."""

    fingerprint: str
    rows: int = 0
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reduction:
    """How many rows erasures took from the inputs of a result; nothing where `requests` is empty."""

    rows: int
    requests: tuple[str, ...]

    def __str__(self) -> str:
        return f"inputs lawfully reduced by {self.rows} rows (erasure {', '.join(self.requests)})"


@dataclass(frozen=True, slots=True)
class Erasures:
    """Fingerprint -> what the next erasure made of it. `count` of requests."""

    steps: Mapping[str, Step] = field(default_factory=dict)
    count: int = 0

    def now(self, fingerprint: str) -> Standing:
        """The fingerprint after all erasures."""
        standing, seen = Standing(fingerprint), {fingerprint}
        while (step := self.steps.get(standing.fingerprint)) is not None and step.after not in seen:
            requests = tuple(dict.fromkeys((*standing.requests, step.request)))
            standing = Standing(step.after, standing.rows + step.rows, requests)
            seen.add(step.after)
        return standing

    def after(self, mark: str) -> str:
        """The mark of an input day, folded or not, once erasures had reduced it."""
        return "+".join(self.now(part).fingerprint for part in mark.split("+"))

    def of_inputs(self, inputs: Mapping[str, Mapping[str, str]]) -> Reduction:
        """Inputs as a result records them: product -> day -> fingerprint, where folded '<trusted>+<folded>'."""
        marks = (mark.partition("+")[0] for days in inputs.values() for mark in days.values())
        reduced = [one for one in map(self.now, marks) if one.requests]
        requests = {request for one in reduced for request in one.requests}
        return Reduction(sum(one.rows for one in reduced), tuple(sorted(requests)))

    def once(self, fingerprint: str) -> tuple[str, ...]:
        """The fingerprint and all that it was before erasures, newest first."""
        found = [fingerprint]
        for one in found:
            found += [before for before, step in self.steps.items() if step.after == one and before not in found]
        return tuple(found)


NO_ERASURES = Erasures()


def erasures_of(home: Path) -> Erasures:
    """By the home's ledger; an entry, or what it refers to, that is not as it was written is not believed."""
    steps: dict[str, Step] = {}
    told = Ledger(home).of_events(EVENT)
    for entry in told:
        for states in _kept(home, entry.payload["documents"]).values():
            steps |= {one["before"]: Step(one["after"], one["rows"], entry.payload["request"]) for one in states}
    return Erasures(steps, len(told))


def _kept(home: Path, digests: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        return KeptDocuments(home).plain(digests)[DOCUMENT]
    except LakeError:
        return {}


def keep_told(home: Path, told: Told) -> Mapping[str, str]:
    """Keep the fingerprints of an erasure beside the ledger; returns what names them in its entry."""
    plain: dict[str, Any] = {name: [asdict(one) for one in states] for name, states in sorted(told.items()) if states}
    return KeptDocuments(home).keep({DOCUMENT: plain})


def rows_gone(told: Iterable[Reduced]) -> int:
    """From what readers see now."""
    return sum(one.rows for one in told if one.standing)
