"""An erasure told to a person in a terminal, and to a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from impact_pipeline.lake.sought import SHORTEST
from impact_pipeline.stages.erase import Erased

LISTED = 20


def as_plain(erased: Erased) -> dict[str, Any]:
    return {**asdict(erased), "rows": erased.rows, "whole": erased.whole}


def tell(erased: Erased) -> str:
    return "\n".join(_lines(erased))


def faults(erased: Erased) -> Iterator[str]:
    """What is left, and what could not be looked into."""
    yield from (f"left: {place} still holds the unit" for place in erased.left)
    yield from (f"unread: {place} could not be read, so that nobody knows" for place in erased.unread)


def _lines(erased: Erased) -> Iterator[str]:
    by_table = ", ".join(f"{name} {rows}" for name, rows in erased.tables.items()) or "no table held the unit"
    yield f"erasure '{erased.request}': {erased.rows} rows erased ({by_table})"
    if erased.epochs_without_key:
        yield (
            f"  pseudonyms under the key of {', '.join(erased.epochs_without_key)} could not be made, for the key is "
            "not at hand; where it was destroyed, nothing links them to the unit any more"
        )
    if erased.short_ids:
        yield (
            f"  {erased.short_ids} of the ids are shorter than {SHORTEST} characters: bytes were searched for their "
            "pseudonyms alone"
        )
    yield from _operators(erased)
    end = "nothing of the unit is left" if erased.whole else f"files that still hold the unit: {len(erased.left)}"
    yield f"  scanned {erased.scanned_files} files, {erased.scanned_bytes:,} bytes: {end}"


def _operators(erased: Erased) -> Iterator[str]:
    """Places that are not ours to change."""
    yield from (f"  erase it yourself: {place} holds the unit" for place in erased.yours[:LISTED])
    if len(erased.yours) > LISTED:
        yield f"  and in {len(erased.yours) - LISTED} more files (all with --json)"
    yield from (f"  look yourself: {place}" for place in erased.databases)
