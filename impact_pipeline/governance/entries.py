"""Entries of the ledger: one canonical JSON line each, chained by SHA-256 to the line before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from impact_pipeline.catalog.identity import canonical

GENESIS = "0" * 64
"""What the first entry follows."""

EVENT_ID = "event_id"

SIMULATED = {"clock": "simulated"}
"""Told by an entry whose time is that of a made-up world, such as the demo's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`seq` counts from 0, `prev` is the hash of the entry before, `ts` an ISO 8601 instant in UTC.

    Entries are ordered by `seq`: clocks of writers may differ.
    """

    seq: int
    prev: str
    ts: str
    actor: str
    event: str
    payload: Mapping[str, Any]
    hash: str

    @property
    def study(self) -> str | None:
        return self.payload.get("study")

    @property
    def day(self) -> str:
        return self.ts[:10]

    @property
    def simulated(self) -> bool:
        return SIMULATED.items() <= self.payload.items()

    def line(self) -> bytes:
        return canonical(self.as_plain()) + b"\n"

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def chained(before: Entry | None, event: str, payload: Mapping[str, Any], *, actor: str, now: datetime) -> Entry:
    """The entry that follows `before`; None begins a ledger.

    >>> from datetime import UTC
    >>> first = chained(None, "look", {"study": "ranker"}, actor="ada", now=datetime(2026, 3, 2, tzinfo=UTC))
    >>> first.seq, first.ts, first.prev == GENESIS, len(first.hash)
    (0, '2026-03-02T00:00:00+00:00', True, 64)
    """
    if now.utcoffset() is None:
        raise ValueError("the ledger's clock needs a time zone")
    seq, prev = (0, GENESIS) if before is None else (before.seq + 1, before.hash)
    body = {"seq": seq, "prev": prev, "ts": now.isoformat(), "actor": actor, "event": event, "payload": dict(payload)}
    return Entry(seq, prev, now.isoformat(), actor, event, dict(payload), hash_of(body))


def hash_of(body: Mapping[str, Any]) -> str:
    """The hash of an entry's other fields."""
    return hashlib.sha256(canonical({name: value for name, value in body.items() if name != "hash"})).hexdigest()


def read_entry(line: bytes) -> Entry | None:
    """The entry of a line without its line end; None where it is no entry, or no longer the one that was written."""
    try:
        found = Entry(**json.loads(line))
        whole = found.line() == line + b"\n" and hash_of(found.as_plain()) == found.hash
    except (ValueError, TypeError, RecursionError):
        return None
    return found if whole and isinstance(found.payload, dict) else None
