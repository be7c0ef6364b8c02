"""The ledger for other tools: CSV for a spreadsheet, JSON for everything else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from impact_pipeline.catalog.identity import canonical
from impact_pipeline.governance.entries import Entry

COLUMNS = ("seq", "ts", "actor", "event", "study", "reason", "payload", "prev", "hash")
_FORMULA_STARTS = "=+-@|%\t\r"
_TOLD = ("as_of", "decision", "approval", "command", "needed", "as", "reason", "request", "rows", "kind", "text")


def as_json(entries: Iterable[Entry]) -> str:
    return json.dumps([entry.as_plain() for entry in entries], indent=1, sort_keys=True)


def as_csv(entries: Iterable[Entry]) -> str:
    """One row an entry; the payload is JSON. Text that a spreadsheet would run as a formula begins with a quote."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    for entry in entries:
        told = (entry.actor, entry.event, entry.study or "", str(entry.payload.get("reason", "")))
        payload = canonical(entry.payload).decode()
        rows.writerow([entry.seq, entry.ts, *map(_as_text, told), payload, entry.prev, entry.hash])
    return written.getvalue()


def _as_text(text: str) -> str:
    return f"'{text}" if text.strip(" ")[:1] and text.strip(" ")[0] in _FORMULA_STARTS else text


def as_line(entry: Entry) -> str:
    """An entry for a terminal; control characters of its texts are left out."""
    told = [entry.study or "", *(f"{name} {entry.payload[name]}" for name in _TOLD if entry.payload.get(name))]
    text = f"{entry.seq:>6}  {entry.ts[:19]}  {entry.actor}  {entry.event}  {'  '.join(filter(None, told))}".rstrip()
    return "".join(character for character in text if character.isprintable())
