"""All that can be checked of a home's ledger: its chain, its anchors, and the documents that it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from impact_pipeline.governance.anchors import Anchor
from impact_pipeline.governance.entries import Entry, read_entry
from impact_pipeline.governance.ledger import Ledger
from impact_pipeline.governance.plan_documents import KeptDocuments
from impact_pipeline.governance.verification import LedgerFault, first_fault


@dataclass(frozen=True, slots=True)
class Examination:
    """`fault` is the first that was found; None where everything is as it was written."""

    entries: int
    documents: int
    anchors: int
    head: Entry | None
    fault: LedgerFault | None

    def as_plain(self) -> dict[str, Any]:
        head = None if self.head is None else {"seq": self.head.seq, "hash": self.head.hash}
        fault = None if self.fault is None else {"line": self.fault.line, "message": self.fault.told}
        counts = {"entries": self.entries, "documents": self.documents, "anchors": self.anchors}
        return {**counts, "head": head, "fault": fault}

    def __str__(self) -> str:
        if self.fault is not None:
            return f"ledger.jsonl: {self.fault}"
        if self.head is None:
            return "the ledger holds no entry: nothing was ever registered or looked at"
        counted = f"{self.entries} entries, {self.documents} registered documents and {self.anchors} anchors hold"
        return f"{counted}; the newest entry is {self.head.seq}, {self.head.hash}"


def examined(ledger: Ledger, anchors: Sequence[Anchor]) -> Examination:
    """The chain first, then anchors, then documents: a later check means nothing where an earlier one fails."""
    lines = ledger.lines()
    fault = first_fault(lines, anchors)
    digests: set[str] = set()
    if fault is None:
        for entry in filter(None, map(read_entry, lines)):
            fault = fault or next(_document_faults(ledger, entry, digests), None)
    head = read_entry(lines[-1]) if lines else None
    return Examination(len(lines), len(digests), len(anchors), head, fault)


def _document_faults(ledger: Ledger, entry: Entry, seen: set[str]) -> Iterator[LedgerFault]:
    """Of the documents of a registration or an amendment that were not seen yet."""
    named = entry.payload.get("documents")
    if not isinstance(named, dict):
        return
    fresh = {name: digest for name, digest in named.items() if digest not in seen}
    seen.update(fresh.values())
    for fault in KeptDocuments(ledger.home).faults(fresh):
        yield LedgerFault(entry.seq + 1, fault)
