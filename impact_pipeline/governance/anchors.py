"""Anchors: (seq, hash) of a ledger's newest entry, kept where whoever can rewrite the ledger cannot.

A chain shows what was changed inside it. That its end was cut off, or all of it written anew, only an anchor shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from impact_pipeline.catalog.identity import canonical
from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import Entry


@dataclass(frozen=True, slots=True)
class Anchor:
    """`ts` is the time of the entry that is anchored."""

    seq: int
    hash: str
    ts: str

    def line(self) -> str:
        return canonical({"seq": self.seq, "hash": self.hash, "ts": self.ts}).decode()


def anchor_of(head: Entry | None) -> Anchor:
    """The anchor of a ledger whose newest entry is `head`."""
    if head is None:
        raise InputError("the ledger has no entry yet: there is nothing to anchor; register a plan first")
    return Anchor(head.seq, head.hash, head.ts)


def read_anchors(text: str, place: str) -> tuple[Anchor, ...]:
    """The anchors of a text, one JSON object a line; `place` names it in a refusal.

    >>> read_anchors('{"hash":"ab","seq":3,"ts":"2026-03-02T00:00:00+00:00"}', "anchors.jsonl")[0].seq
    3
    """
    return tuple(_anchors(text, place))


def _anchors(text: str, place: str) -> Iterator[Anchor]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            yield Anchor(int(found["seq"]), str(found["hash"]), str(found.get("ts", "")))
        except (ValueError, TypeError, KeyError, AttributeError):
            told = 'write one as {"seq": 41, "hash": "..."}, as `impact ledger anchor` does'
            raise InputError(f"{place}:{number}: not an anchor; {told}") from None
