"""That a study may go on with another engine than it began on: an operator's entry of the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from impact_pipeline.errors import InputError
from impact_pipeline.governance.entries import Entry
from impact_pipeline.governance.ledger import Ledger

EVENT = "engine"


def accept_engine(
    home: Path, study: str, *, began_on: str, engine: str, reason: str, actor: str, now: datetime
) -> Entry:
    """Accept `engine` for the rest of the study."""
    if not reason.strip():
        raise InputError("to accept an engine takes a reason; give one with --reason")
    told = {"study": study, "began_on": began_on, "engine": engine, "reason": reason}
    return Ledger(home).append(EVENT, told, actor=actor, now=now)


def acceptance(home: Path, study: str, engine: str) -> Entry | None:
    """The entry by which the study goes on with this engine."""
    entries = Ledger(home).entries(study)
    return next((e for e in entries if e.event == EVENT and e.payload["engine"] == engine), None)
