"""Whether a ledger is the one that was written: its chain from the first line to the last, then its anchors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from impact_pipeline.governance.anchors import Anchor
from impact_pipeline.governance.entries import GENESIS, Entry, read_entry


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """The first line that is not as it was written; one past the last where the end is missing."""

    line: int
    told: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.told}"


def first_fault(lines: Sequence[bytes], anchors: Iterable[Anchor] = ()) -> LedgerFault | None:
    """None for an intact ledger of whole lines."""
    before = GENESIS
    hashes: list[str] = []
    for number, line in enumerate(lines, 1):
        entry = read_entry(line)
        if entry is None:
            return LedgerFault(number, "its content does not match its hash: it was changed after it was written")
        if entry.seq != number - 1 or entry.prev != before:
            return LedgerFault(number, _out_of_chain(entry, number))
        before = entry.hash
        hashes.append(before)
    return next((fault for anchor in anchors if (fault := _unanchored(hashes, anchor))), None)


def _out_of_chain(entry: Entry, number: int) -> str:
    if entry.seq != number - 1:
        return f"holds entry {entry.seq}, expected {number - 1}: an entry was taken out, put in or moved"
    return f"does not follow the line before it: entry {entry.seq - 1} was changed or replaced"


def _unanchored(hashes: Sequence[str], anchor: Anchor) -> LedgerFault | None:
    if anchor.seq >= len(hashes):
        told = f"the ledger ends before entry {anchor.seq}, which is anchored ({anchor.hash[:12]}): its end was cut off"
        return LedgerFault(len(hashes) + 1, told)
    if anchor.seq < 0 or hashes[anchor.seq] != anchor.hash:
        told = f"entry {anchor.seq} is not the one that is anchored ({anchor.hash[:12]}): the ledger was rewritten"
        return LedgerFault(max(anchor.seq, 0) + 1, told)
    return None
