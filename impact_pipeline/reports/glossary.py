"""The glossary for a terminal: a line each, or all of one name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from impact_pipeline.catalog.glossary import Term
from impact_pipeline.reports.formatting import visible


def lines(terms: Iterable[Term]) -> Iterator[str]:
    for one in terms:
        yield visible(f"{one.kind} {one.name} version {one.version} ({one.owner}): {one.definition}")


def in_full(term: Term) -> Iterator[str]:
    """Everything that is known of a name."""
    yield visible(f"{term.kind} {term.name}: {term.label}")
    shown = {
        "is": term.definition, "says": term.description, "owner": term.owner, "version": term.version,
        "used by": ", ".join(f"{kind} {name}" for kind, name in term.used_by) or "nothing",
    }  # fmt: skip
    yield from (f"  {label:<9}{visible(value)}" for label, value in shown.items())
    yield from (f"  {'changed':<9}{visible(line)}" for line in term.change_log)
